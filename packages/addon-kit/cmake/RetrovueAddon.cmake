# What all native packages share. Use: include(../addon-kit/cmake/RetrovueAddon.cmake)
#
#   -DRETROVUE_SANITIZE=address|thread   instrument everything (address brings undefined behaviour along)
#   -DNODE_API_HEADERS_DIR=…             node-api-headers/include
#   -DNODE_ADDON_API_DIR=…               node-addon-api
#
# Packages of one build may all include it: variables are set for each, targets are made once.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(RETROVUE_SANITIZE "" CACHE STRING "address or thread; empty for none")
set(RETROVUE_ADDON_KIT_DIR "${CMAKE_CURRENT_LIST_DIR}/../include")

if(TARGET retrovue_flags)
  return()
endif()
find_package(Threads REQUIRED)
set_target_properties(Threads::Threads PROPERTIES IMPORTED_GLOBAL TRUE)

add_library(retrovue_flags INTERFACE)
target_include_directories(retrovue_flags INTERFACE "${RETROVUE_ADDON_KIT_DIR}")
target_link_libraries(retrovue_flags INTERFACE Threads::Threads)
target_compile_definitions(retrovue_flags INTERFACE _GNU_SOURCE)
target_compile_options(retrovue_flags INTERFACE -Wall -Wextra -Wshadow -Wpointer-arith -Wvla -Werror)
target_compile_options(retrovue_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
# GCC 12 warns of overlapping copies inside std::string that cannot be (GCC bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(retrovue_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(RETROVUE_SANITIZE STREQUAL "address")
  target_compile_options(retrovue_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(retrovue_flags INTERFACE -fsanitize=address,undefined)
elseif(RETROVUE_SANITIZE STREQUAL "thread")
  target_compile_options(retrovue_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  # GCC warns that the sanitizer does not model fences: true, and why a model of our own checks them.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(retrovue_flags INTERFACE -Wno-tsan)
  endif()
  target_link_options(retrovue_flags INTERFACE -fsanitize=thread)
elseif(RETROVUE_SANITIZE)
  message(FATAL_ERROR "RETROVUE_SANITIZE is 'address' or 'thread', not '${RETROVUE_SANITIZE}'")
endif()

# For what includes napi.h. Node-API 8 is in every Node since 12.22; one build serves all releases.
add_library(retrovue_node_api INTERFACE)
target_include_directories(retrovue_node_api SYSTEM INTERFACE ${NODE_API_HEADERS_DIR} ${NODE_ADDON_API_DIR})
# A call that fails is thrown, so that what follows it in the same function never works with the nothing that it returned:
# without exceptions node-addon-api ends the process there, as each call may fail in a worker thread that is being terminated.
target_compile_definitions(retrovue_node_api INTERFACE NAPI_VERSION=8
  NODE_ADDON_API_CPP_EXCEPTIONS NODE_ADDON_API_CPP_EXCEPTIONS_ALL)
# A worker thread that is being terminated runs no JavaScript, so nothing can be thrown either: that is no fault.
target_compile_definitions(retrovue_node_api INTERFACE NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)

# What runs where the engine runs: addons and programs, without tests and what benches compare with.
add_custom_target(retrovue_shipped)

# retrovue_addon(NAME SOURCES… ): builds build/Release/NAME.node. An instrumented library cannot be loaded into an
# uninstrumented Node, so sanitizer builds leave the addon out and run the native tests alone.
function(retrovue_addon name)
  if(RETROVUE_SANITIZE)
    return()
  endif()
  if(NOT NODE_API_HEADERS_DIR OR NOT NODE_ADDON_API_DIR)
    message(FATAL_ERROR "Set NODE_API_HEADERS_DIR and NODE_ADDON_API_DIR (scripts/native.mjs does)")
  endif()
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".node"
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/Release")
  target_compile_definitions(${name} PRIVATE NODE_GYP_MODULE_NAME=${name})
  target_link_libraries(${name} PRIVATE retrovue_flags retrovue_node_api)
  if(APPLE)
    target_link_options(${name} PRIVATE -undefined dynamic_lookup)
  endif()
  add_dependencies(retrovue_shipped ${name})
endfunction()

# retrovue_test(NAME SOURCES…): a program with the runner of retrovue/test/runner.h; each TEST is one ctest test.
function(retrovue_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE retrovue_flags)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> -DOUT=${CMAKE_CURRENT_BINARY_DIR}/${name}.cmake
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/list-tests.cmake VERBATIM)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.cmake)
endfunction()
