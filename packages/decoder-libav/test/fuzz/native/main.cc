// Plays damaged media, one case a line:
//   media_player [--silent-ms N] [--plant overrun|overflow|leak|hang]
//   in:  NUMBER CUT PATCHES PATH       CUT: bytes left, -1 for all; PATCHES: "-" or "offset:hex,offset:hex"
//   out: NUMBER END PICTURES SAMPLES   END: "played", a code of docs/errors.md, "hung" or "leaked"
// A fault that a sanitizer finds ends it with the sanitizer's words. A hang and a leak end it too: what comes
// after could not be told from them.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "damaged_file.h"
#include "playing.h"
#include "watchdog.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace {

using namespace retrovue;
using namespace retrovue::fuzz;

constexpr int exitHung = 86;
constexpr int exitLeaked = 87;
constexpr int exitUsage = 2;

bool hasLeaked() {
#if defined(__SANITIZE_ADDRESS__)
  return __lsan_do_recoverable_leak_check() != 0;
#else
  return false;
#endif
}

struct Options {
  std::int64_t silentMs = 30'000;
  Plant plant = Plant::none;
  bool good = true;
};

Options readOptions(int argc, char** argv) {
  const std::pair<const char*, Plant> plants[] = {{"overrun", Plant::overrun},
                                                  {"overflow", Plant::overflow},
                                                  {"leak", Plant::leak},
                                                  {"hang", Plant::hang}};
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--silent-ms") options.silentMs = std::atoll(argv[i + 1]);
    for (const auto& [word, plant] : plants)
      if (name == "--plant" && std::strcmp(argv[i + 1], word) == 0) options.plant = plant;
  }
  options.good = argc % 2 == 1 && options.silentMs > 0;
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = readOptions(argc, argv);
  if (!options.good) return exitUsage;
  std::uint64_t number = 0;
  Watchdog watchdog(options.silentMs, [&] {
    // Whatever hangs may hold any lock, so nothing is done but saying so.
    const std::string line = std::to_string(number) + " hung 0 0\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(exitUsage);
    _exit(exitHung);
  });
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string patches, path;
    Damage damage;
    words >> number >> damage.cut >> patches >> std::ws;
    if (!words || !std::getline(words, path) || !readPatches(patches, damage.patches)) return exitUsage;
    auto descriptor = damagedCopy(path, damage);
    if (!descriptor) {
      std::fprintf(stderr, "%s\n", descriptor.failure().message.c_str());
      return exitUsage;
    }
    watchdog.alive();
    Fate fate =
        play({std::move(*descriptor), number, options.plant, [&] { watchdog.alive(); }});
    watchdog.rest();
    const bool leaked = hasLeaked();
    if (leaked) fate.end = "leaked";
    std::printf("%llu %s %lld %lld\n", static_cast<unsigned long long>(number), fate.end.c_str(),
                static_cast<long long>(fate.pictures), static_cast<long long>(fate.samples));
    std::fflush(stdout);
    if (leaked) _exit(exitLeaked);
  }
  return 0;
}
