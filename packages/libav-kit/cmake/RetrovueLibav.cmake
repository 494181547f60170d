# libav for native packages. Use, after RetrovueAddon.cmake: include(../libav-kit/cmake/RetrovueLibav.cmake)
#
#   retrovue_libav   libavformat, libavcodec, libavutil, libswresample, libswscale: headers and libraries
#   libav_kit        the kit's own static library, on top of it
#   retrovue_decoder_addon(NAME SOURCES…)   an addon of those sources and the objects that both decoders show to JavaScript
#
# In a build of several packages the first that asks defines them for all.

include_guard(GLOBAL)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBAV REQUIRED IMPORTED_TARGET GLOBAL
  libavformat>=59 libavcodec>=59 libavutil>=57 libswresample>=4 libswscale>=6)
add_library(retrovue_libav INTERFACE)
target_link_libraries(retrovue_libav INTERFACE PkgConfig::LIBAV)

set(kit "${CMAKE_CURRENT_LIST_DIR}/..")
file(GLOB sources CONFIGURE_DEPENDS "${kit}/src/*.cc")
add_library(libav_kit STATIC ${sources})
target_include_directories(libav_kit PUBLIC "${kit}/include")
target_link_libraries(libav_kit PUBLIC retrovue_libav retrovue_flags)

# The objects know node-addon-api, which the library does not. Built where an addon asks for them.
file(GLOB objects CONFIGURE_DEPENDS "${kit}/addon/*.cc")
add_library(libav_kit_addon STATIC EXCLUDE_FROM_ALL ${objects})
target_include_directories(libav_kit_addon PUBLIC "${kit}/addon")
target_link_libraries(libav_kit_addon PUBLIC libav_kit retrovue_node_api)

function(retrovue_decoder_addon name)
  retrovue_addon(${name} ${ARGN})
  if(TARGET ${name})
    target_link_libraries(${name} PRIVATE libav_kit_addon)
  endif()
endfunction()
