#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine_killed.h"
#include "engine_program.h"
#include "reader_lapped.h"
#include "retrovue/test/runner.h"
#include "wild_worker.h"
#include "worker_program.h"
#include "worker_struck.h"

using namespace retrovue::framebus::adversity;

namespace {

constexpr const char* kUsage =
    "bus_adversity CAMPAIGN [--count N] [--seed S] [--mutant NAME]\n"
    "  reader-lapped, worker-killed, worker-stopped, wild-worker,\n"
    "  engine-killed-making, engine-killed-committing, engine-killed-standing-in,\n"
    "  engine-killed-changing-lanes, engine-killed-closing\n"
    "bus_adversity engine DIRECTORY PREFIX ENGINE\n"
    "bus_adversity reader PATH\n";

Campaign campaignOf(const std::vector<std::string>& words) {
  Campaign campaign;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    if (words[i] == "--count") campaign.count = static_cast<std::uint32_t>(std::stoul(words[i + 1]));
    if (words[i] == "--seed") campaign.seed = std::stoull(words[i + 1]);
    if (words[i] == "--mutant") campaign.mutant = words[i + 1];
  }
  return campaign;
}

int runCampaign(const std::string& name, const Campaign& campaign) {
  const std::string killed = "engine-killed-";
  if (name == "reader-lapped") return readerLapped(campaign);
  if (name == "worker-killed") return workerKilled(campaign);
  if (name == "worker-stopped") return workerStopped(campaign);
  if (name == "wild-worker") return wildWorker(campaign);
  if (name.starts_with(killed)) return engineKilled(campaign, name.substr(killed.size()));
  std::fputs(kUsage, stderr);
  return 64;
}

int runRole(const std::vector<std::string>& w) {
  const auto number = [&w](std::size_t at) { return std::stoll(w.at(at)); };
  const std::string name = w.empty() ? "" : w[0];
  if (name == "engine") return engineProgram(w.at(1), w.at(2), w.at(3));
  if (name == "reader") return readerProgram(w.at(1));
  if (name == "lapped-reader") return lappedReader(w.at(1), number(2), w.at(3), w.at(4));
  if (name == "worker")
    return workerProgram(w.at(1), w.at(2), static_cast<std::uint32_t>(number(3)), number(4), w.at(5));
  if (name == "wild")
    return wildProgram(w.at(1), w.at(2), static_cast<std::uint32_t>(number(3)),
                       static_cast<std::uint64_t>(number(4)));
  if (name == "killed-engine") return killedEngine(w.at(1), w.at(2));
  return runCampaign(name, campaignOf(w));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = runRole(std::vector<std::string>(argv + 1, argv + argc));
    // A failed CHECK or REQUIRE of the tests' helpers is a failure here too.
    return retrovue::test::failures() > 0 && status == 0 ? 70 : status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
}
