#include <fcntl.h>
#include <sys/mman.h>

#include "measure.h"

namespace retrovue::framebus::benching {

using namespace testing;

namespace {

/// Commits timed at once: their one wake is then measured by itself and taken off.
constexpr int kBatch = 16;
constexpr int kRounds = 600;

double nsOf(const std::function<void()>& work) {
  const double began = cpuNs();
  work();
  return cpuNs() - began;
}

/// Processes that wait for every tick.
void follow(const std::string& path, std::uint32_t* ready, const std::function<void()>& measure,
            int readers) {
  if (readers == 0) return measure();
  Children children(readers, ready, [&path, ready](int) {
    const Reader reader(path);
    __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
    while (rvfb_reader_wait(reader.raw, rvfb_reader_head(reader.raw) + 1, 20 * kSecond) == RVFB_OK) {
    }
  });
  measure();
}

}  // namespace

QuietLane::QuietLane(Bench& bench) : bench_(bench) {
  auto ticket = bench.committer->openLane();
  REQUIRE(ticket);
  const FileDescriptor fd(::open(ticket->path.c_str(), O_RDWR | O_CLOEXEC));
  const auto bytes = layoutOf(bench.spec)->laneBytes();
  auto* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  REQUIRE(at != MAP_FAILED);
  memory_ = std::make_unique<Mapping>(at, bytes, true);
  auto writer = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
  REQUIRE(writer);
  writer_ = std::move(*writer);
}

void QuietLane::put(std::int64_t tick, std::uint32_t buffer, bool sound) {
  const rvfb_lane& shape = writer_->shape();
  auto* const place =
      memory_->at(shape.submissions_offset + (tail_ & (shape.submission_count - 1)) * shape.submission_bytes);
  auto* s = reinterpret_cast<rvfb_submission*>(place);
  s->head = {};
  s->head.tick = tick;
  s->head.buffer = buffer;
  s->head.asset_key = 1;
  s->head.uri_bytes = 12;
  std::memcpy(s->uri, "/media/a.mkv", 12);
  std::memcpy(s->head.plane_offset, writer_->header().format.plane_offset, sizeof s->head.plane_offset);
  s->head.has_sound = sound ? 1 : 0;
  s->head.sample_count = bench_.grid.samplesIn(tick);
  for (std::uint32_t c = 0; sound && c < shape.channels; ++c) {
    float* into = writer_->sound(place, c);
    for (std::uint32_t i = 0; i < s->head.sample_count; ++i) into[i] = sampleOf(i, c);
  }
  rvfb_ring_hand_over(&reinterpret_cast<rvfb_lane*>(memory_->at())->submission_tail, ++tail_);
}

double commitNs(int readers) {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  QuietLane lane(bench);
  const std::uint32_t buffer = mustLoan(lane.lane());
  std::int64_t next = bench.first;
  std::vector<double> each;
  const SharedBytes ready(4096);
  follow(
      bench.path(), ready.as<std::uint32_t>(),
      [&] {
        for (int round = 0; round < kRounds; ++round) {
          const std::int64_t on = bench.grid.tickTime(next - 4);
          letSleep();
          const double bare = nsOf([&] { bench.moveToTime(on); });
          letSleep();
          // The picture's buffer is on loan all the while, so all of these are repeats of it.
          for (int i = 0; i < kBatch; ++i) lane.put(next++, buffer, true);
          const double full = nsOf([&] { bench.moveToTime(on); });
          each.push_back((full - bare) / kBatch);
        }
        bench.committer->close();
      },
      readers);
  return quantile(each, 0.5);
}

double standInNs() {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  std::int64_t next = bench.first;
  std::vector<double> each;
  for (int round = 0; round < kRounds; ++round) {
    letSleep();
    const double bare = nsOf([&] { bench.moveToGuardOf(next - 1); });
    letSleep();
    next += kBatch;
    const double full = nsOf([&] { bench.moveToGuardOf(next - 1); });
    each.push_back((full - bare) / kBatch);
  }
  return quantile(each, 0.5);
}

}  // namespace retrovue::framebus::benching
