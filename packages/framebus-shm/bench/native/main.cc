#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "measure.h"

namespace retrovue::framebus::benching {

BusSpec fullSpec() {
  BusSpec spec = testing::smallSpec();
  spec.width = 1920;
  spec.height = 1080;
  spec.leadTicks = 20;
  return spec;
}

double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double cpuNs() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void letSleep() {
  const timespec pause{0, 500'000};
  ::nanosleep(&pause, nullptr);
}

void raise(std::uint32_t* word) {
  __atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
  futexWake(word);
}

void await(const std::uint32_t* word, std::uint32_t seen) {
  while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == seen)
    futexWait(word, seen, monoNow() + 20 * testing::kSecond);
}

SharedBytes::SharedBytes(std::size_t bytes)
    : at_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)),
      bytes_(bytes) {
  REQUIRE(at_ != MAP_FAILED);
}

SharedBytes::~SharedBytes() {
  ::munmap(at_, bytes_);
}

Children::Children(int count, std::uint32_t* ready, const std::function<void(int)>& body) {
  for (int i = 0; i < count; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      body(i);
      ::_exit(0);
    }
    REQUIRE(pid > 0);
    pids_.push_back(pid);
  }
  while (__atomic_load_n(ready, __ATOMIC_SEQ_CST) < static_cast<std::uint32_t>(count)) letSleep();
}

Children::~Children() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  wait();
}

void Children::wait() {
  int status = 0;
  for (const pid_t pid : pids_) ::waitpid(pid, &status, 0);
  pids_.clear();
}

}  // namespace retrovue::framebus::benching

using namespace retrovue::framebus::benching;

int main(int argc, char** argv) {
  const auto print = [](double value) { std::printf("%.3f\n", value); };
  const auto printWakes = [](WakePair wakes) {
    std::printf("%.3f %.3f %.3f %.3f\n", wakes.bus.p50, wakes.plain.p50, wakes.bus.p90, wakes.plain.p90);
  };
  const std::map<std::string, std::function<void()>> measurements{
      {"commit", [&] { print(commitNs(0)); }},
      {"commit-16", [&] { print(commitNs(16)); }},
      {"stand-in", [&] { print(standInNs()); }},
      {"plain-store", [&] { print(plainStoreNs()); }},
      {"plain-copy", [&] { print(plainCopyNs()); }},
      {"wakes", [&] { printWakes(wakesUs()); }},
      {"wake-of-16", [&] { print(wakeOf16Us()); }},
      {"plain-wake-of-16", [&] { print(plainWakeOf16Us()); }},
      {"fill", [&] { print(fillMbps()); }},
      {"plain-fill", [&] { print(plainFillMbps()); }},
      {"frame", [&] { print(busFrameUs(false)); }},
      {"frame-read", [&] { print(busFrameUs(true)); }},
      {"socket-frame", [&] { print(socketFrameUs(false)); }},
      {"socket-frame-read", [&] { print(socketFrameUs(true)); }}};
  const auto found = measurements.find(argc > 1 ? argv[1] : "");
  if (found == measurements.end()) {
    std::fputs("bus_bench MEASUREMENT: see bus.bench.ts\n", stderr);
    return 64;
  }
  try {
    found->second();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
  return 0;
}
