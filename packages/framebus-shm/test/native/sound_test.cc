#include <cmath>
#include <limits>

#include "bench.h"
#include "finite_samples.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

struct Heard {
  std::vector<float> left, right;
  rvfb_slot slot{};
};

Heard hear(const Reader& reader, std::int64_t tick) {
  Heard heard;
  heard.slot = reader.mustRead(tick).slot;
  heard.left.resize(heard.slot.sample_count);
  heard.right.resize(heard.slot.sample_count);
  float* into[2] = {heard.left.data(), heard.right.data()};
  REQUIRE(rvfb_reader_sound(reader.raw, &heard.slot, into, 2));
  return heard;
}

}  // namespace

TEST("bus/samples-are-stored-exactly-and-only-finite-ones") {
  constexpr std::uint32_t kRoom = 80;
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()};
  for (std::uint32_t from = 0; from < 5; ++from) {
    for (std::uint32_t count = 0; count < kRoom - 10; ++count) {
      std::vector<float> own(kRoom), into(kRoom, 9.0f), silent(kRoom, 9.0f);
      for (std::uint32_t i = 0; i < kRoom; ++i) own[i] = sampleOf(i, 0);
      own[1] = -0.0f;
      own[2] = std::numeric_limits<float>::denorm_min();
      own[3] = std::numeric_limits<float>::max();
      if (count > 0) own[from + count / 2] = odd[count % 3];
      storeFiniteSamples(reinterpret_cast<std::uint32_t*>(into.data()) + from, own.data() + from, count);
      storeFiniteSamples(reinterpret_cast<std::uint32_t*>(silent.data()) + from, nullptr, count);
      for (std::uint32_t i = 0; i < kRoom; ++i) {
        const bool isInside = i >= from && i < from + count;
        const float expected = !isInside ? 9.0f : std::isfinite(own[i]) ? own[i] : 0.0f;
        REQUIRE(std::memcmp(&into[i], &expected, sizeof expected) == 0);
        REQUIRE(silent[i] == (isInside ? 0.0f : 9.0f));
      }
    }
  }
}

TEST("bus/sound-fades-out-into-a-gap-and-back-in-from-it") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  const Heard before = hear(reader, bench.first);
  bench.moveToGuardOf(bench.first + 2);
  const Heard gap = hear(reader, bench.first + 1);
  bench.moveTo(bench.first);
  submitPainted(*lane, bench.grid, bench.first + 3);
  const Heard after = hear(reader, bench.first + 3);
  submitPainted(*lane, bench.grid, bench.first + 4);
  const Heard later = hear(reader, bench.first + 4);
  constexpr std::uint32_t kFade = 240;  // 5 ms of 48 kHz
  // No step is greater than the ramp's own and the signal's.
  const float most = 1.0f / kFade + 2.0f / 8192;
  CHECK(std::abs(gap.left.front() - before.left.back()) <= most);
  CHECK_EQ(gap.left[kFade], 0.0f);
  CHECK_EQ(gap.slot.silent_samples, gap.slot.sample_count);
  CHECK_EQ(after.left.front(), 0.0f);
  for (std::uint32_t i = 1; i < kFade; ++i) {
    CHECK(std::abs(after.left[i] - after.left[i - 1]) <= most);
    CHECK(std::abs(after.right[i]) < std::abs(sampleOf(after.slot.sample_start + i, 1)));
  }
  for (std::uint32_t i = kFade; i < after.slot.sample_count; ++i)
    REQUIRE(after.left[i] == sampleOf(after.slot.sample_start + i, 0));
  CHECK_EQ(after.slot.silent_samples, kFade);
  CHECK_EQ(later.left.front(), sampleOf(later.slot.sample_start, 0));
  CHECK_EQ(later.slot.silent_samples, 0u);
}

TEST("bus/planned-silence-and-sound-that-was-faded-already-are-left-alone") {
  Bench bench;
  std::vector<Expectation> plan(2);
  plan[0].firstTick = bench.first;
  plan[0].pad = true;
  plan[1].firstTick = bench.first + 2;
  plan[1].segmentId = segment(0xaa);
  bench.committer->expect(std::move(plan));
  bench.committer->start(bench.first - 1);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first - 1);
  reader.mustRead(bench.first - 1);
  bench.moveToGuardOf(bench.first + 1);
  bench.moveTo(bench.first);
  submitPainted(*lane, bench.grid, bench.first + 2);
  const Heard afterPad = hear(reader, bench.first + 2);
  CHECK_EQ(afterPad.left.front(), sampleOf(afterPad.slot.sample_start, 0));
  CHECK_EQ(afterPad.slot.silent_samples, 0u);

  bench.moveToGuardOf(bench.first + 3);
  bench.moveTo(bench.first);
  const std::uint32_t buffer = mustLoan(*lane);
  REQUIRE(submit(*lane, bench.grid, bench.first + 4, buffer, {.firstSample = 0.0f}));
  const Heard faded = hear(reader, bench.first + 4);
  CHECK_EQ(faded.left.front(), 0.0f);
  CHECK_EQ(faded.left[1], sampleOf(faded.slot.sample_start + 1, 0));
  CHECK_EQ(faded.slot.silent_samples, 0u);
}
