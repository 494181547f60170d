# Asks a test program for its tests and writes them down for ctest.
execute_process(COMMAND ${PROGRAM} --list OUTPUT_VARIABLE names RESULT_VARIABLE result
  OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --list failed: ${result}")
endif()
string(REPLACE "\n" ";" names "${names}")
set(text "")
foreach(name IN LISTS names)
  string(APPEND text "add_test([==[${name}]==] [==[${PROGRAM}]==] [==[${name}]==])\n")
endforeach()
file(WRITE ${OUT} "${text}")
