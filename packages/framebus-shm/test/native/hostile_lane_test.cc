// A worker gone wild: it stores anything anywhere in all that it can reach. The bus goes on.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "bench.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

/// The worker's own mappings, as a wild pointer would find them: writable all over.
struct WildWorker {
  std::shared_ptr<Mapping> lane;
  std::unique_ptr<LaneWriter> writer;
};

/// Opens the lane twice, so that the test has the memory itself.
WildWorker openWild(Bench& bench) {
  auto ticket = bench.committer->openLane();
  REQUIRE(ticket);
  const FileDescriptor fd(::open(ticket->path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(fd.isOpen());
  // A view of its own, by the system call itself: the thread sanitizer's build shares views between the ends
  // of a bus, and what a wild worker does there is a race by intention.
  const std::size_t bytes = layoutOf(bench.spec)->laneBytes();
  const long at = ::syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  REQUIRE(at != -1);
  auto memory = std::make_shared<Mapping>(reinterpret_cast<void*>(at), bytes, true);
  auto writer = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
  REQUIRE(writer);
  return {std::move(memory), std::move(*writer)};
}

void kick(const Mapping& lane) {
  auto* head = reinterpret_cast<rvfb_lane*>(lane.at());
  __atomic_fetch_add(&head->committer_word, 1, __ATOMIC_RELEASE);
  futexWake(&head->committer_word);
}

}  // namespace

TEST("bus/wild-stores-of-a-worker-disturb-its-own-lane-only") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    Bench bench;
    bench.committer->start(bench.first);
    Reader reader(bench.path());
    WildWorker worker = openWild(bench);
    auto* words = reinterpret_cast<std::uint64_t*>(worker.lane->at());
    const std::size_t headWords = sizeof(rvfb_lane) / 8;
    const std::size_t allWords = worker.lane->bytes() / 8;
    std::int64_t through = bench.first - 1;
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 200; ++i) {
        const std::size_t at = random() % (random() % 2 == 0 ? headWords : allWords);
        // Small numbers, huge ones, and what nearly makes sense.
        const std::uint64_t value = random() % 3 == 0 ? random() % 64
                                    : random() % 2 == 0
                                        ? random()
                                        : static_cast<std::uint64_t>(bench.first) + random() % 16;
        __atomic_store_n(words + at, value, __ATOMIC_RELAXED);
      }
      std::memset(worker.writer->pictures()->at(), static_cast<int>(random()),
                  worker.writer->pictures()->bytes());
      kick(*worker.lane);
      through += 3;
      bench.moveToGuardOf(through);
      for (std::int64_t tick = through - 2; tick <= through; ++tick) {
        const rvfb_frame frame = reader.mustRead(tick);
        CHECK_EQ(frame.slot.tick, tick);
        CHECK_EQ(frame.slot.sample_count, bench.grid.samplesIn(tick));
        CHECK((frame.slot.stand_in_reason == 0) == ((frame.slot.flags & 14) == 0));
      }
    }
    CHECK(bench.committer->counters().committed >= 60u);
    // A new worker finds a whole bus: every buffer comes back once the wild one is dead.
    bench.committer->retireLane(1, RVFB_REASON_WORKER_LOST);
    auto lane = bench.openLane();
    // The wild one may have handed over ticks up to the lead.
    through += 10;
    bench.moveToGuardOf(through);
    for (int n = 1; n <= 40; ++n) {
      const std::int64_t tick = through + n;
      bench.moveTo(tick - 4);
      submitPainted(*lane, bench.grid, tick);
      const rvfb_frame frame = reader.mustRead(tick);
      CHECK_EQ(int{frame.planes[0][0]}, int{shadeOf(tick)});
    }
    std::vector<std::uint32_t> held;
    for (std::uint32_t i = 0; i < 3; ++i) held.push_back(mustLoan(*lane));
    CHECK(held[0] != held[1] && held[1] != held[2] && held[0] != held[2]);
  }
}

TEST("bus/a-storm-of-wakes-does-not-stop-the-clock") {
  BusSpec spec = smallSpec();
  spec.mapping = {1, monoNow(), kEpochNs, 0};
  Bench bench(spec);
  Reader reader(bench.path());
  WildWorker worker = openWild(bench);
  bench.committer->start(bench.first);
  std::atomic<bool> stop = false;
  std::thread storm([&] {
    while (!stop) kick(*worker.lane);
  });
  for (int n = 0; n < 10; ++n) reader.mustRead(bench.first + n);
  stop = true;
  storm.join();
  CHECK(bench.committer->head() >= bench.first + 9);
}

TEST("bus/samples-that-are-no-numbers-become-silence") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  std::byte* const place = lane->place();
  for (std::uint32_t c = 0; c < 2; ++c) {
    float* samples = lane->sound(place, c);
    samples[0] = 0;
  }
  const float odd[] = {0.5f, -1.5f, 1e30f, INFINITY, -INFINITY, NAN, -0.0f};
  REQUIRE(submit(*lane, bench.grid, bench.first, RVFB_BUFFER_SLATE));
  reader.mustRead(bench.first);
  std::byte* const second = lane->place();
  auto* s = reinterpret_cast<rvfb_submission*>(second);
  std::memcpy(s, place, sizeof *s);
  s->head.tick = bench.first + 1;
  s->head.sample_count = bench.grid.samplesIn(bench.first + 1);
  for (std::uint32_t c = 0; c < 2; ++c) std::memcpy(lane->sound(second, c), odd, sizeof odd);
  lane->submit();
  const rvfb_frame frame = reader.mustRead(bench.first + 1);
  std::vector<float> left(frame.slot.sample_count), right(frame.slot.sample_count);
  float* into[2] = {left.data(), right.data()};
  REQUIRE(rvfb_reader_sound(reader.raw, &frame.slot, into, 2));
  CHECK_EQ(left[0], 0.5f);
  CHECK_EQ(left[1], -1.5f);
  CHECK_EQ(left[2], 1e30f);
  CHECK_EQ(left[3], 0.0f);
  CHECK_EQ(left[4], 0.0f);
  CHECK_EQ(left[5], 0.0f);
}
