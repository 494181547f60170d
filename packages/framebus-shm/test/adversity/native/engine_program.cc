#include "engine_program.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <sstream>

#include "checks.h"
#include "dead_objects.h"

namespace retrovue::framebus::adversity {

using namespace testing;

namespace {

void say(const std::string& json) {
  std::puts(json.c_str());
  std::fflush(stdout);
}

/// Sum of the sizes of all objects that the place has.
std::uint64_t bytesOf(const Place& place) {
  std::uint64_t bytes = 0;
  DIR* const folder = ::opendir(place.directory.c_str());
  while (const dirent* entry = ::readdir(folder)) {
    struct stat about {};
    const std::string path = place.directory + "/" + entry->d_name;
    if (std::string(entry->d_name).starts_with(place.prefix + ".") && ::stat(path.c_str(), &about) == 0)
      bytes += static_cast<std::uint64_t>(about.st_size);
  }
  ::closedir(folder);
  return bytes;
}

std::string readersOf(Committer& committer) {
  std::string json = "[";
  for (const ReaderRow& row : committer.readers()) {
    if (json.size() > 1) json += ",";
    json += "{\"name\":" + quoted(row.name) + ",\"pid\":" + std::to_string(row.pid) + "}";
  }
  return json + "]";
}

}  // namespace

int engineProgram(const std::string& directory, const std::string& prefix, const std::string& engineId) {
  const Place place{directory, prefix};
  BusSpec spec = trialSpec();
  spec.engineId = engineId;
  removeDeadObjects(directory, prefix);
  auto made = Committer::create(spec, place, nullptr);
  if (!made) {
    say("{\"error\":" + quoted(made.failure().code) + ",\"message\":" + quoted(made.failure().message) +
        ",\"memoryBytes\":" + std::to_string(layoutOf(spec)->totalBytes()) + "}");
    return 3;
  }
  Bench bench(spec, place, std::move(*made));
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const std::uint64_t laneBytes = layoutOf(spec)->laneBytes();
  say("{\"path\":" + quoted(bench.path()) + ",\"first\":" + std::to_string(bench.first) +
      ",\"memoryBytes\":" + std::to_string(layoutOf(spec)->totalBytes()) + ",\"laneBytes\":" +
      std::to_string(laneBytes) + ",\"objectBytes\":" + std::to_string(bytesOf(place)) + "}");
  std::int64_t next = bench.first;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    std::string failed;
    std::int64_t count = 0;
    words >> verb >> count;
    if (verb == "air") {
      for (; count > 0; --count) air(bench, *lane, next++);
    } else if (verb == "gap") {
      next += count;
      bench.moveToGuardOf(next - 1);
    } else if (verb == "retire") {
      lane.reset();  // Its worker is dead.
      bench.committer->retireLane(static_cast<std::uint32_t>(count), RVFB_REASON_WORKER_LOST);
    } else if (verb == "lane") {
      auto opened = bench.committer->openLane();
      failed = opened ? "" : opened.failure().code;
    }
    // What was handed over is committed by now, or by the time that this is.
    for (int i = 0; i < 2000 && bench.committer->head() < next - 1; ++i)
      bench.moveToTime(bench.grid.tickTime(next - 5));
    say("{\"head\":" + std::to_string(bench.committer->head()) +
        ",\"objectBytes\":" + std::to_string(bytesOf(place)) + ",\"failed\":" + quoted(failed) +
        ",\"readers\":" + readersOf(*bench.committer) + "}");
  }
  return 0;
}

int readerProgram(const std::string& path) {
  Reader reader(path, "reader-program");
  const auto report = [&](rvfb_status status) {
    const std::int64_t head = reader.raw == nullptr ? -1 : rvfb_reader_head(reader.raw);
    say("{\"status\":" + std::to_string(status) + ",\"head\":" + std::to_string(head) +
        ",\"pid\":" + std::to_string(::getpid()) + "}");
  };
  report(reader.status);
  for (std::string line; reader.raw != nullptr && std::getline(std::cin, line);) {
    // "wait TICK" for a tick, else the state of things.
    std::istringstream words(line);
    std::string verb;
    std::int64_t tick = 0;
    words >> verb >> tick;
    report(verb == "wait" ? rvfb_reader_wait(reader.raw, tick, 20 * kSecond) : rvfb_reader_check(reader.raw));
  }
  return 0;
}

}  // namespace retrovue::framebus::adversity
