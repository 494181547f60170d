#include "worker_program.h"

#include <fcntl.h>

#include <cstdio>
#include <random>

#include "checks.h"
#include "child.h"

namespace retrovue::framebus::adversity {

using namespace testing;

namespace {

/// A buffer, or nothing where the lane was replaced meanwhile (or, which must not be, none came in 20 s).
std::optional<std::uint32_t> loanWhileOpen(LaneWriter& lane) {
  for (int i = 0; i < 200 && lane.state() == LaneWriter::State::open; ++i) {
    const std::uint32_t word = lane.word();
    if (const auto buffer = lane.loan()) return buffer;
    lane.wantBuffer(true);
    if (lane.state() == LaneWriter::State::open) lane.wait(word, monoNow() + 100'000'000);
  }
  return std::nullopt;
}

}  // namespace

int workerProgram(const std::string& control, const std::string& lanePath, std::uint32_t number,
                  std::int64_t tick, const std::string& from) {
  auto opened = LaneWriter::open(control, lanePath, number);
  if (!opened) return 2;
  LaneWriter& lane = **opened;
  const auto begin = [&from](const char* part) {
    if (from == part) reachMark();
  };
  begin("loan");
  const auto loaned = loanWhileOpen(lane);
  if (!loaned) return lane.state() == LaneWriter::State::open ? 3 : 0;
  const std::uint32_t buffer = *loaned;
  paint(pixelsOf(lane, buffer), lane.header().format.picture_bytes, shadeOf(tick));
  begin("words");
  putTogether(lane, tick, buffer);
  begin("submit");
  lane.submit();
  lane.release(buffer, true);
  reachMark();
  const auto refusal = lane.nextRefusal();
  std::printf("%u\n", refusal ? refusal->why : 0u);
  return 0;
}

int wildProgram(const std::string& control, const std::string& lanePath, std::uint32_t number,
                std::uint64_t seed) {
  // The lane twice: the second time as bare memory.
  const FileDescriptor fd(::open(lanePath.c_str(), O_RDWR | O_CLOEXEC));
  const auto layout = layoutOf(trialSpec());
  if (!fd.isOpen() || !layout) return 2;
  auto memory = Mapping::make(fd.get(), layout->laneBytes(), true);
  auto lane = LaneWriter::open(control, lanePath, number);
  if (!memory || !lane) return 2;
  std::mt19937_64 random(seed);
  auto* words = reinterpret_cast<std::uint64_t*>((*memory)->at());
  auto* head = reinterpret_cast<rvfb_lane*>((*memory)->at());
  auto* pixels = reinterpret_cast<std::uint64_t*>((*lane)->pictures()->at());
  const std::uint64_t laneWords = (*memory)->bytes() / 8;
  const std::uint64_t headWords = sizeof(rvfb_lane) / 8;
  const bool sparesPositions = seed % 2 == 0;
  std::uint32_t buffer = 0;
  const std::uint64_t pictureWords = (*lane)->pictures()->bytes() / 8;
  const auto anything = [&]() -> std::uint64_t {
    switch (random() % 5) {
      case 0:
        return random() % 64;
      case 1:
        return static_cast<std::uint64_t>((*lane)->head()) +
               random() % 16;  // A tick that nearly makes sense.
      case 2:
        return ~(random() % 64);
      case 3:
        return random() % 64 | (random() % 64) << 32;
      default:
        return random();
    }
  };
  reachMark();
  for (;;) {
    for (int i = 0; i < 64; ++i) {
      // Half of them in the lane's own words, where they do most; or none there, so that what lies behind is
      // believed.
      const std::uint64_t at = sparesPositions     ? headWords + random() % (laneWords - headWords)
                               : random() % 2 == 0 ? random() % headWords
                                                   : random() % laneWords;
      __atomic_store_n(words + at, anything(), __ATOMIC_RELAXED);
    }
    for (int i = 0; i < 64; ++i)
      __atomic_store_n(pixels + random() % pictureWords, random(), __ATOMIC_RELAXED);
    // A submission that is nearly right, so that what else is wrong with it counts.
    if ((sparesPositions || random() % 4 == 0) && (*lane)->place() != nullptr) {
      if (const auto loaned = (*lane)->loan()) buffer = *loaned;
      const std::int64_t tick = (*lane)->head() + 1 + static_cast<std::int64_t>(random() % 3);
      putTogether(**lane, tick, random() % 8 == 0 ? static_cast<std::uint32_t>(random() % 20) : buffer);
      auto* submission = reinterpret_cast<std::uint64_t*>((*lane)->place());
      for (int i = 0; i < 3; ++i) submission[random() % (RVFB_SUBMISSION_SOUND / 8 + 64)] = anything();
      (*lane)->submit();
    }
    __atomic_fetch_add(&head->committer_word, 1, __ATOMIC_RELEASE);
    futexWake(&head->committer_word);
  }
}

}  // namespace retrovue::framebus::adversity
