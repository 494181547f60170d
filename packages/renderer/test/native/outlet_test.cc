#include <fcntl.h>
#include <retrovue/test/runner.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "fakes.h"
#include "pipe_outlet.h"
#include "ts_packets.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

namespace {

constexpr std::int64_t kTick = 40'000'000;

/// While it lives the process gets no more descriptors.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// A pacer whose ticks leave at once, an outlet, and the other end of its pipe.
struct Piped {
  explicit Piped(bool isStarved = false) : clock(standing(1000 * kTick)), pacer({25, 1, 48'000}, {}, clock, [this] { told(); }) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    {
      std::optional<NoDescriptors> none;
      if (isStarved) none.emplace();
      outlet = std::make_unique<PipeOutlet>(pacer, ends[0]);
    }
    made.store(outlet.get());
    outlet->wake();
  }
  ~Piped() {
    pacer.stop();
    outlet->stop();
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  void told() {
    if (PipeOutlet* there = made.load()) there->wake();
  }
  void push(std::int64_t tick, std::size_t packets, bool randomAccess) {
    TickBytes bytes = pacer.lend();
    bytes.tick = tick;
    bytes.bytes.assign(packets * kTsPacketBytes, static_cast<std::uint8_t>(tick));
    bytes.portions.push_back(0);
    if (randomAccess) bytes.randomAccess = 0;
    pacer.push(std::move(bytes));
  }
  void read(void* into, std::size_t bytes) {
    for (std::size_t got = 0; got < bytes;) {
      const ssize_t more = ::read(ends[1], static_cast<std::uint8_t*>(into) + got, bytes - got);
      REQUIRE(more > 0);
      got += static_cast<std::size_t>(more);
    }
  }

  HouseClock clock;
  std::atomic<PipeOutlet*> made{nullptr};
  std::array<int, 2> ends{-1, -1};
  Pacer pacer;
  std::unique_ptr<PipeOutlet> outlet;
};

struct Record {
  std::uint32_t length, flags;
  std::int64_t tick;
  std::vector<std::uint8_t> bytes;
};

Record readRecord(Piped& piped) {
  std::array<std::uint8_t, 16> head{};
  piped.read(head.data(), head.size());
  Record record;
  std::memcpy(&record.length, head.data(), 4);
  std::memcpy(&record.flags, head.data() + 4, 4);
  std::memcpy(&record.tick, head.data() + 8, 8);
  record.bytes.resize(record.length);
  piped.read(record.bytes.data(), record.length);
  return record;
}

}  // namespace

TEST("outlet/records-come-whole-in-order-however-slowly-they-are-taken") {
  Piped piped;
  // Far more than a socket holds: the outlet waits in the middle of records.
  constexpr std::size_t kPackets = 3'000;
  for (std::int64_t tick = 1; tick <= 8; ++tick) piped.push(tick, kPackets, tick % 4 == 1);
  for (std::int64_t tick = 1; tick <= 8; ++tick) {
    const Record record = readRecord(piped);
    CHECK_EQ(record.tick, tick);
    CHECK_EQ(record.flags, tick % 4 == 1 ? 1U : 0U);
    CHECK_EQ(record.length, kPackets * kTsPacketBytes);
    CHECK(record.bytes == std::vector<std::uint8_t>(record.length, static_cast<std::uint8_t>(tick)));
  }
  CHECK_EQ(piped.pacer.dropped(), 0U);
}

TEST("outlet/stopping-does-not-wait-for-one-that-takes-nothing") {
  Piped piped;
  for (std::int64_t tick = 1; tick <= 8; ++tick) piped.push(tick, 3'000, true);
  std::uint8_t first = 0;
  // It is at work, and its pipe is full or will be.
  piped.read(&first, 1);
  piped.pacer.stop();
  piped.outlet->stop();
  CHECK_EQ(first, static_cast<std::uint8_t>(3'000 * kTsPacketBytes));
}

TEST("outlet/stopping-needs-no-descriptor") {
  Piped piped(true);
  for (std::int64_t tick = 1; tick <= 8; ++tick) piped.push(tick, 3'000, true);
  std::uint8_t first = 0;
  piped.read(&first, 1);
  piped.pacer.stop();
  piped.outlet->stop();
  CHECK_EQ(first, static_cast<std::uint8_t>(3'000 * kTsPacketBytes));
}

TEST("outlet/an-other-end-that-is-gone-ends-nothing-else") {
  Piped piped;
  ::close(piped.ends[1]);
  piped.ends[1] = -1;
  for (std::int64_t tick = 1; tick <= 3; ++tick) piped.push(tick, 3, true);
  piped.pacer.stop();
  piped.outlet->stop();
  CHECK_EQ(piped.pacer.bytesLeft() % kTsPacketBytes, 0U);
}
