// Golden objects and live buses for the tests of frame bus readers. See usage below, and README.md.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "golden_script.h"
#include "live_bus.h"
#include "read_back.h"
#include "served_golden.h"

int main(int argc, char** argv) {
  using namespace retrovue::framebus;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "write" && words.size() == 2) {
    golden::writeGoldens(words[1]);
  } else if (verb == "serve" && words.size() == 3) {
    golden::serveGolden(words[1], words[2]);
  } else if (verb == "read" && words.size() == 3) {
    std::fputs(golden::readBack(words[1], words[2]).c_str(), stdout);
  } else if (verb == "live" && words.size() == 4) {
    golden::runLive({words[1], words[2]},
                    static_cast<std::uint32_t>(std::strtoul(words[3].c_str(), nullptr, 10)));
  } else if (verb == "step" && words.size() == 3) {
    golden::runSteps({words[1], words[2]});
  } else {
    std::fputs(
        "Usage: golden_bus write FOLDER\n"
        "       golden_bus serve FOLDER/NAME PATH\n"
        "       golden_bus read PATH TICK,TICK…\n"
        "       golden_bus live DIRECTORY PREFIX SECONDS\n"
        "       golden_bus step DIRECTORY PREFIX\n",
        stderr);
    return 64;
  }
  return 0;
}
