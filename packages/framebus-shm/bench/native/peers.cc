// The same work by plain means: what a program would do that has no bus.
#include <sys/mman.h>
#include <sys/socket.h>

#include <numeric>

#include "measure.h"

namespace retrovue::framebus::benching {

using namespace testing;

namespace {

constexpr int kFrames = 60;
constexpr int kRounds = 120;
constexpr int kWaiters = 16;

std::uint64_t pictureBytes() {
  return layoutOf(fullSpec())->header.format.picture_bytes;
}

}  // namespace

/// Batches as `commitNs` has them, between places as far apart and as many as a lane and a bus have: what is
/// compared is the protocol, not the caches.
double plainStoreNs() {
  constexpr int kBatch = 16;
  const auto layout = layoutOf(fullSpec());
  const std::uint32_t samples = fullSpec().grid().samplesMax();
  const std::uint32_t ring = layout->header.audio_samples, slots = layout->header.slot_count;
  const std::uint32_t places = layout->lane.submission_count;
  const std::size_t run = std::size_t{2} * samples;
  std::vector<rvfb_slot> slotRing(slots);
  std::vector<float> sound(std::size_t{2} * ring, 0.0f), own(run * places, 0.0f);
  rvfb_slot slot{};
  std::int64_t head = 0;
  std::vector<double> each;
  for (int round = 0; round < kRounds; ++round) {
    letSleep();
    for (int i = 0; i < kBatch; ++i)
      std::fill_n(&own[static_cast<std::size_t>(round * kBatch + i) % places * run], run, 0.5f);
    const double began = cpuNs();
    for (int i = 0; i < kBatch; ++i) {
      const auto tick = static_cast<std::uint64_t>(round * kBatch + i);
      const float* const from = &own[tick % places * run];
      const std::size_t at = tick * samples % (ring - samples);
      slot.tick = static_cast<std::int64_t>(tick);
      std::memcpy(&sound[at], from, samples * sizeof(float));
      std::memcpy(&sound[ring + at], from + samples, samples * sizeof(float));
      std::memcpy(&slotRing[tick % slots], &slot, sizeof slot);
      __atomic_store_n(&head, slot.tick, __ATOMIC_RELEASE);
    }
    each.push_back((cpuNs() - began) / kBatch);
  }
  return quantile(each, 0.5);
}

double plainCopyNs() {
  const std::uint64_t bytes = pictureBytes();
  const std::vector<std::byte> source(bytes, std::byte{77});
  std::vector<std::byte> into(bytes * 8, std::byte{1});
  std::vector<double> each;
  for (int i = 0; i < kFrames; ++i) {
    const double began = cpuNs();
    std::memcpy(&into[static_cast<std::size_t>(i % 8) * bytes], source.data(), bytes);
    each.push_back(cpuNs() - began);
  }
  return quantile(each, 0.5);
}

double plainWakeOf16Us() {
  const SharedBytes shared(4096);
  auto* const ready = shared.as<std::uint32_t>();
  auto* const word = ready + 16;
  std::vector<double> each;
  Children waiters(kWaiters, ready, [&](int) {
    __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
    for (std::uint32_t i = 0; i < kRounds; ++i) await(word, i);
  });
  for (int i = 0; i < kRounds; ++i) {
    for (int rest = 0; rest <= kWaiters / 4; ++rest) letSleep();
    const double began = cpuNs();
    raise(word);
    each.push_back((cpuNs() - began) / 1000 / kWaiters);
  }
  waiters.wait();
  return quantile(each, 0.5);
}

double plainFillMbps() {
  const std::uint64_t bytes = pictureBytes();
  const std::uint32_t buffers = layoutOf(fullSpec())->header.buffer_count;
  const std::vector<std::byte> source(bytes, std::byte{77});
  std::vector<std::byte> into(bytes * buffers, std::byte{1});
  std::int64_t spent = 0;
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    letSleep();
    const std::int64_t began = monoNow();
    std::memcpy(&into[i % buffers * bytes], source.data(), bytes);
    spent += monoNow() - began;
  }
  return static_cast<double>(bytes) * kFrames / 1e6 / (static_cast<double>(spent) / 1e9);
}

double socketFrameUs(bool read) {
  const std::uint64_t bytes = pictureBytes();
  const std::vector<std::byte> source(bytes, std::byte{77});
  // Drawn anew for each frame, as on the bus.
  const std::uint32_t buffers = layoutOf(fullSpec())->header.buffer_count;
  std::vector<std::byte> drawn(bytes * buffers, std::byte{1});
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const SharedBytes shared(4096 + kFrames * sizeof(std::int64_t));
  auto* const ready = shared.as<std::uint32_t>();
  auto* const had = reinterpret_cast<std::int64_t*>(shared.as<std::byte>() + 4096);
  std::vector<std::int64_t> began;
  Children reader(1, ready, [&](int) {
    std::vector<std::byte> frame(bytes, std::byte{1});
    __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < kFrames; ++i) {
      if (::recv(ends[1], frame.data(), bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes)) return;
      const auto* words = reinterpret_cast<const std::uint64_t*>(frame.data());
      if (read && std::accumulate(words, words + bytes / 8, std::uint64_t{0}) == 1) return;
      had[i] = monoNow();
    }
  });
  for (int i = 0; i < kFrames; ++i) {
    const std::byte* const frame = &drawn[static_cast<std::size_t>(i) % buffers * bytes];
    std::memcpy(&drawn[static_cast<std::size_t>(i) % buffers * bytes], source.data(), bytes);
    for (int rest = 0; rest < 6; ++rest) letSleep();
    began.push_back(monoNow());
    for (std::uint64_t sent = 0; sent < bytes;) {
      const ssize_t some = ::send(ends[0], frame + sent, bytes - sent, MSG_NOSIGNAL);
      REQUIRE(some > 0);
      sent += static_cast<std::uint64_t>(some);
    }
  }
  reader.wait();
  ::close(ends[0]);
  ::close(ends[1]);
  std::vector<double> each;
  for (int i = 0; i < kFrames; ++i)
    each.push_back(static_cast<double>(had[i] - began[static_cast<std::size_t>(i)]) / 1000);
  return quantile(each, 0.5);
}

}  // namespace retrovue::framebus::benching
