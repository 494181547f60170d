#include <algorithm>

#include "bench.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

TEST("bus/submissions-are-committed-at-once-and-exactly") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  REQUIRE(reader.status == RVFB_OK);
  for (int n = 0; n < 100; ++n) {
    const std::int64_t tick = bench.first + n;
    bench.moveTo(tick - 4);
    submitPainted(*lane, bench.grid, tick);
    const rvfb_frame frame = reader.mustRead(tick);
    CHECK_EQ(frame.slot.tick, tick);
    CHECK_EQ(frame.slot.flags, 0u);
    CHECK_EQ(int{frame.planes[0][0]}, int{shadeOf(tick)});
    CHECK_EQ(frame.slot.sample_start, bench.grid.sampleAt(tick));
    std::vector<float> left(frame.slot.sample_count), right(frame.slot.sample_count);
    float* into[2] = {left.data(), right.data()};
    CHECK(rvfb_reader_sound(reader.raw, &frame.slot, into, 2));
    for (std::uint32_t i = 0; i < frame.slot.sample_count; ++i) {
      REQUIRE(left[i] == sampleOf(frame.slot.sample_start + i, 0));
      REQUIRE(right[i] == sampleOf(frame.slot.sample_start + i, 1));
    }
    CHECK(rvfb_reader_intact(reader.raw, &frame.slot));
    rvfb_asset asset;
    REQUIRE(rvfb_reader_asset(reader.raw, &frame.slot, &asset) == RVFB_OK);
    CHECK_EQ(std::string(asset.uri, asset.uri_bytes), std::string("/media/a.mkv"));
    CHECK_EQ(std::string(asset.title, asset.title_bytes), std::string("A"));
  }
  CHECK_EQ(bench.committer->counters().committed, 100u);
  CHECK_EQ(bench.committer->counters().late_commits, 0u);
}

TEST("bus/stand-ins-go-hold-slate-black") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  reader.mustRead(bench.first);
  bench.committer->setReason(RVFB_REASON_HUNG);
  bench.moveToGuardOf(bench.first + 5);
  const rvfb_frame shown = reader.mustRead(bench.first);
  for (int n = 1; n <= 3; ++n) {
    const rvfb_frame frame = reader.mustRead(bench.first + n);
    CHECK_EQ(frame.slot.flags, std::uint32_t{RVFB_FLAG_HOLD});
    CHECK_EQ(frame.slot.buffer, shown.slot.buffer);
    CHECK_EQ(frame.slot.media_time_ns, shown.slot.media_time_ns);
    CHECK_EQ(frame.slot.stand_in_reason, std::uint32_t{RVFB_REASON_HUNG});
  }
  const rvfb_frame slate = reader.mustRead(bench.first + 4);
  CHECK_EQ(slate.slot.flags, std::uint32_t{RVFB_FLAG_SLATE});
  CHECK_EQ(slate.slot.buffer, RVFB_BUFFER_SLATE);
  // Back on programme: the tick says that it does not continue the one before.
  submitPainted(*lane, bench.grid, bench.first + 6);
  CHECK_EQ(reader.mustRead(bench.first + 6).slot.flags, std::uint32_t{RVFB_FLAG_DISCONTINUITY});
  const auto counters = bench.committer->counters();
  CHECK_EQ(counters.holds, 3u);
  CHECK_EQ(counters.slates, 2u);
}

TEST("bus/hold-never-crosses-a-boundary-and-pads-are-planned-black") {
  Bench bench;
  std::vector<Expectation> plan(3);
  plan[0].firstTick = bench.first;
  plan[0].segmentId = segment(0xaa);
  plan[1].firstTick = bench.first + 2;
  plan[1].segmentId = segment(0xbb);
  plan[1].assetUri = "/media/b.mkv";
  plan[2].firstTick = bench.first + 4;
  plan[2].pad = true;
  plan[2].segmentId = segment(0xbb);
  bench.committer->expect(std::move(plan));
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  reader.mustRead(bench.first);
  bench.moveToGuardOf(bench.first + 5);
  CHECK_EQ(reader.mustRead(bench.first + 1).slot.flags, std::uint32_t{RVFB_FLAG_HOLD});
  const rvfb_frame b = reader.mustRead(bench.first + 2);
  CHECK_EQ(b.slot.flags, std::uint32_t{RVFB_FLAG_SLATE | RVFB_FLAG_FIRST_OF_SEGMENT});
  CHECK_EQ(int{b.slot.segment_id[0]}, 0xbb);
  rvfb_asset asset;
  REQUIRE(rvfb_reader_asset(reader.raw, &b.slot, &asset) == RVFB_OK);
  CHECK_EQ(std::string(asset.uri, asset.uri_bytes), std::string("/media/b.mkv"));
  const rvfb_frame pad = reader.mustRead(bench.first + 4);
  CHECK_EQ(pad.slot.flags, std::uint32_t{RVFB_FLAG_BLACK | RVFB_FLAG_PAD | RVFB_FLAG_FIRST_OF_SEGMENT});
  CHECK_EQ(pad.slot.stand_in_reason, std::uint32_t{RVFB_REASON_PLANNED});
  CHECK_EQ(int{pad.planes[0][0]}, 16);
  CHECK_EQ(int{pad.planes[1][0]}, 128);
}

TEST("bus/a-gap-in-the-plan-is-no-segment-to-begin") {
  Bench bench;
  std::vector<Expectation> plan(2);
  plan[0].firstTick = bench.first;
  plan[0].pad = true;  // With a segment of its own: a pad that the plan asks for.
  plan[0].segmentId = segment(0xbb);
  plan[1].firstTick = bench.first + 2;
  plan[1].pad = true;
  bench.committer->expect(std::move(plan));
  bench.committer->start(bench.first);
  Reader reader(bench.path());
  bench.moveToGuardOf(bench.first + 3);
  CHECK((reader.mustRead(bench.first).slot.flags & RVFB_FLAG_FIRST_OF_SEGMENT) != 0);
  CHECK((reader.mustRead(bench.first + 1).slot.flags & RVFB_FLAG_FIRST_OF_SEGMENT) == 0);
  CHECK((reader.mustRead(bench.first + 2).slot.flags & RVFB_FLAG_FIRST_OF_SEGMENT) == 0);
}

TEST("bus/refusals-say-why") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  bench.moveToGuardOf(bench.first);
  reader.mustRead(bench.first);
  submit(*lane, bench.grid, bench.first, RVFB_BUFFER_SLATE);
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_TICK_TAKEN});
  submit(*lane, bench.grid, bench.now + 100, RVFB_BUFFER_SLATE);
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_TOO_FAR});
  submit(*lane, bench.grid, bench.first + 1, 3'000'000);
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_BAD_PICTURE});
  submit(*lane, bench.grid, bench.first + 1, RVFB_BUFFER_SLATE, {.samplesWrongBy = 1});
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_BAD_SOUND});
  submit(*lane, bench.grid, bench.first + 1, RVFB_BUFFER_SLATE);
  submit(*lane, bench.grid, bench.first + 1, RVFB_BUFFER_SLATE);
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_OUT_OF_ORDER});
  CHECK_EQ(bench.committer->counters().refused, 5u);
}

TEST("bus/skipped-ticks-are-stood-in-for-at-once") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first + 2);
  const rvfb_frame frame = reader.mustRead(bench.first + 2);
  CHECK_EQ(int{frame.planes[0][0]}, int{shadeOf(bench.first + 2)});
  CHECK_EQ(frame.slot.flags, std::uint32_t{RVFB_FLAG_DISCONTINUITY});
  CHECK_EQ(reader.mustRead(bench.first + 1).slot.flags, std::uint32_t{RVFB_FLAG_SLATE});
}

TEST("bus/what-is-handed-over-before-the-start-waits-with-its-buffer") {
  Bench bench;
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  submitPainted(*lane, bench.grid, bench.first + 1);
  // The pool is worked hard meanwhile: what waits must not be lent again.
  for (int i = 0; i < 60; ++i) {
    const std::uint32_t buffer = mustLoan(*lane);
    std::memset(pixelsOf(*lane, buffer), 1, lane->header().format.picture_bytes);
    lane->release(buffer, false);
  }
  CHECK_EQ(bench.committer->head(), -1);
  bench.committer->start(bench.first + 1);
  CHECK_EQ(mustBeRefused(*lane).why, std::uint32_t{RVFB_REFUSED_TICK_TAKEN});
  const rvfb_frame frame = reader.mustRead(bench.first + 1);
  CHECK_EQ(int{frame.planes[0][0]}, int{shadeOf(bench.first + 1)});
  CHECK_EQ(bench.committer->counters().submitted, 1u);
}

TEST("bus/a-dead-lane-gives-its-buffers-back-and-what-it-handed-over-airs") {
  Bench bench;
  bench.committer->start(bench.first);
  auto old = bench.openLane();
  for (std::uint32_t i = 0; i < bench.committer->header().buffer_count - 1; ++i) mustLoan(*old);
  submitPainted(*old, bench.grid, bench.first);
  auto lane = bench.openLane();
  CHECK(old->state() == LaneWriter::State::superseded);
  CHECK(!old->loan());
  bench.committer->retireLane(1, RVFB_REASON_WORKER_LOST);
  Reader reader(bench.path());
  for (int n = 1; n < 60; ++n) {
    bench.moveTo(bench.first + n - 4);
    submitPainted(*lane, bench.grid, bench.first + n);
    const rvfb_frame frame = reader.mustRead(bench.first + n);
    CHECK_EQ(frame.slot.lane, 2u);
    CHECK_EQ(int{frame.planes[0][0]}, int{shadeOf(bench.first + n)});
  }
  CHECK_EQ(bench.committer->counters().committed, 60u);
}

TEST("bus/what-a-replaced-worker-took-up-stays-out-until-it-is-dead") {
  Bench bench;
  auto old = bench.openLane();
  std::vector<std::uint32_t> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(mustLoan(*old));
  auto lane = bench.openLane();
  std::vector<std::uint32_t> lent;
  for (std::uint32_t i = 0; i < bench.committer->header().buffer_count - 3; ++i)
    lent.push_back(mustLoan(*lane));
  for (const std::uint32_t buffer : taken) CHECK(std::find(lent.begin(), lent.end(), buffer) == lent.end());
  CHECK(!lane->loan());
  CHECK(!old->loan());
  bench.committer->retireLane(1, RVFB_REASON_WORKER_LOST);
  for (int i = 0; i < 3; ++i) mustLoan(*lane);
}

TEST("bus/a-system-clock-makes-stand-ins-by-itself") {
  BusSpec spec = smallSpec();
  spec.mapping = {1, monoNow(), kEpochNs, 0};
  Bench bench(spec);
  Reader reader(bench.path());
  bench.committer->start(bench.first);
  for (int n = 0; n < 5; ++n) {
    const rvfb_frame frame = reader.mustRead(bench.first + n);
    CHECK_EQ(frame.slot.flags & ~std::uint32_t{RVFB_FLAG_FIRST_OF_SEGMENT}, std::uint32_t{RVFB_FLAG_SLATE});
  }
  CHECK(rvfb_reader_now(reader.raw) >= kEpochNs);
}

TEST("bus/events-come-once-per-episode") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  bench.moveToGuardOf(bench.first + 3);
  submitPainted(*lane, bench.grid, bench.first + 4);
  const auto mustHappen = [&bench] {
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t word = bench.committer->eventWord();
      if (auto event = bench.committer->nextEvent()) return event;
      bench.committer->waitForEvents(word, monoNow() + 100'000'000);
    }
    return std::optional<CommitterEvent>();
  };
  const auto began = mustHappen();
  REQUIRE(began.has_value());
  CHECK(began->type == CommitterEvent::Type::standInBegan);
  CHECK_EQ(began->tick, bench.first);
  const auto ended = mustHappen();
  REQUIRE(ended.has_value());
  CHECK(ended->type == CommitterEvent::Type::standInEnded);
  CHECK_EQ(ended->ticks, 4u);
  CHECK(!bench.committer->nextEvent().has_value());
}

TEST("bus/many-assets-each-say-their-own-name") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  for (int n = 0; n < 100; ++n) {
    const std::int64_t tick = bench.first + n;
    bench.moveTo(tick - 4);
    const std::string name = "/media/" + std::to_string(n % 40) + ".mkv";
    submitPainted(
        *lane, bench.grid, tick,
        {.assetKey = static_cast<std::uint64_t>(n + 1), .uri = name, .title = std::to_string(n % 40)});
    reader.mustRead(tick);
    for (std::int64_t held = std::max(rvfb_reader_oldest(reader.raw), bench.first); held <= tick; ++held) {
      const rvfb_frame frame = reader.mustRead(held);
      rvfb_asset asset;
      REQUIRE(rvfb_reader_asset(reader.raw, &frame.slot, &asset) == RVFB_OK);
      CHECK_EQ(std::string(asset.title, asset.title_bytes), std::to_string((held - bench.first) % 40));
    }
  }
}
