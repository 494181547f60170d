# frame_bus_reader: the C reader, as anyone may take it: a header and one source. Use, after RetrovueAddon.cmake:
# include(../framebus-shm/cmake/FrameBusReader.cmake)

include_guard(GLOBAL)
add_library(frame_bus_reader STATIC "${CMAKE_CURRENT_LIST_DIR}/../src/reader/frame_bus_reader.c")
target_include_directories(frame_bus_reader PUBLIC "${CMAKE_CURRENT_LIST_DIR}/../include")
target_link_libraries(frame_bus_reader PUBLIC retrovue_flags)
