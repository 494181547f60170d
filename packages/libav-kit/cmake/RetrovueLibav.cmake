# libav for native packages. Use, after RetrovueAddon.cmake: include(../libav-kit/cmake/RetrovueLibav.cmake)
#
#   retrovue_libav   libavformat, libavcodec, libavutil, libswresample, libswscale: headers and libraries
#   libav_kit        the kit's own static library, on top of it
#   retrovue_decoder_addon(NAME SOURCES…)   an addon of those sources and the objects that both decoders show to JavaScript

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBAV REQUIRED IMPORTED_TARGET
  libavformat>=59 libavcodec>=59 libavutil>=57 libswresample>=4 libswscale>=6)
add_library(retrovue_libav INTERFACE)
target_link_libraries(retrovue_libav INTERFACE PkgConfig::LIBAV)

set(LIBAV_KIT_DIR "${CMAKE_CURRENT_LIST_DIR}/..")
file(GLOB LIBAV_KIT_SOURCES CONFIGURE_DEPENDS "${LIBAV_KIT_DIR}/src/*.cc")
add_library(libav_kit STATIC ${LIBAV_KIT_SOURCES})
target_include_directories(libav_kit PUBLIC "${LIBAV_KIT_DIR}/include")
target_link_libraries(libav_kit PUBLIC retrovue_libav retrovue_flags)

# The objects know node-addon-api, which the library does not: they are compiled into each addon.
file(GLOB LIBAV_KIT_ADDON_SOURCES CONFIGURE_DEPENDS "${LIBAV_KIT_DIR}/addon/*.cc")
function(retrovue_decoder_addon name)
  retrovue_addon(${name} ${ARGN} ${LIBAV_KIT_ADDON_SOURCES})
  if(TARGET ${name})
    target_include_directories(${name} PRIVATE "${LIBAV_KIT_DIR}/addon")
    target_link_libraries(${name} PRIVATE libav_kit)
  endif()
endfunction()
