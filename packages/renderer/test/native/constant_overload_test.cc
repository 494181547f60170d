#include <retrovue/test/runner.h>

#include <algorithm>

#include "constant_stream.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

namespace {

std::int64_t countOf(const std::vector<std::uint8_t>& bytes, std::uint8_t value) {
  return std::count(bytes.begin(), bytes.end(), value);
}

/// A stream of 1 Mbit/s, a tick of which carries about 4 kB of pictures. Key frames are ticks 100, 104 and 140; ticks 107 to 139 are left out.
struct Jump {
  /// @param large bytes of picture 103, which those behind it wait for
  explicit Jump(std::size_t large) : stream(constantSpec(25, 1, 1'000'000)) {
    for (std::int64_t tick = 100; tick < 103; ++tick) write(tick, 400);
    write(103, large);
    write(104, 3'000);
    for (std::int64_t tick = 105; tick < 107; ++tick) write(tick, 2'000);
    mustBeKey = stream.muxer.goOnAt(140);
    first = write(140, 1'500);
    for (std::int64_t tick = 141; tick < 160; ++tick) write(tick, 1'500);
  }
  /// A picture's bytes are its tick's number.
  TickBytes write(std::int64_t tick, std::size_t bytes) {
    stream.pictureFill = static_cast<std::uint8_t>(tick);
    return stream.write(tick, bytes, tick == 100 || tick == 104 || tick == 140);
  }

  Stream stream;
  bool mustBeKey = false;
  TickBytes first;
};

}  // namespace

TEST("constant/what-waits-at-a-jump-is-dropped-whole-and-a-key-frame-follows-at-once") {
  int largeBegun = 0, keyBegun = 0;
  // The gap falls behind each packet from the end of the key frame to its tables, and on to the end of the large picture.
  for (std::size_t large = 14'300; large < 19'900; large += 184) {
    const Jump jump(large);
    CHECK(jump.mustBeKey);
    // Nothing was late for want of room.
    CHECK_EQ(jump.stream.overdue, 0U);
    checkCounters(jump.stream);
    const auto pictures = carried(jump.stream, kPicturePid);
    CHECK_EQ(countOf(pictures, 140), 1'500);
    // What was begun is whole; of what was not there is nothing.
    CHECK_EQ(countOf(pictures, 103), static_cast<std::int64_t>(large));
    const std::int64_t key = countOf(pictures, 104);
    CHECK(key == 0 || key == 3'000);
    ++(key == 0 ? largeBegun : keyBegun);
    CHECK(countOf(pictures, 105) == 0 && countOf(pictures, 106) == 0);
    // The new key frame's tables and its first packet stand together, and a viewer may start there.
    REQUIRE(jump.first.randomAccess && *jump.first.randomAccess + 3 * kTsPacketBytes <= jump.first.bytes.size());
    const std::uint8_t* at = jump.first.bytes.data() + *jump.first.randomAccess;
    CHECK_EQ(pidOf(at), 0);
    CHECK_EQ(pidOf(at + kTsPacketBytes), kTablesPid);
    CHECK_EQ(pidOf(at + 2 * kTsPacketBytes), kPicturePid);
    CHECK(hasPcr(at + 2 * kTsPacketBytes));
  }
  CHECK(largeBegun > 10 && keyBegun > 10);
}

TEST("constant/a-jump-that-nothing-waits-at-needs-no-key-frame") {
  Stream stream(constantSpec(25, 1, 3'000'000));
  for (std::int64_t tick = 100; tick < 105; ++tick) stream.write(tick, 700, tick == 100);
  CHECK(!stream.muxer.goOnAt(105));
  CHECK(!stream.muxer.goOnAt(130));
}

TEST("constant/sound-that-no-rate-carries-is-dropped-in-whole-frames-and-counted") {
  // Of 46 packets a second clocks take 15 and tables 25; sound would take 50.
  const EncodeSpec spec = constantSpec(25, 1, 70'000);
  Stream stream(spec);
  std::int64_t backlogMax = 0;
  for (std::int64_t tick = 100; tick < 600; ++tick) {
    stream.write(tick, 0, false);
    backlogMax = std::max(backlogMax, stream.muxer.backlogNs());
  }
  // A second and a tick of it, what is left of one, and tables.
  const std::int64_t waitsMax = 2 * 26 + 1 + kTablesWaitMax;
  CHECK(backlogMax <= PacketGrid(spec.grid, spec.muxBitsPerSecond).nsOf(waitsMax));
  CHECK(stream.soundsDropped > 0);
  checkCounters(stream);
  std::uint32_t begun = 0, ended = 0;
  for (std::size_t n = 0; n < stream.packets(); ++n) {
    const std::uint8_t* packet = stream.packet(n);
    if (pidOf(packet) != kSoundPid) continue;
    const bool isStart = (packet[1] & 0x40) != 0;
    // Two packets each.
    CHECK_EQ(isStart, begun == ended);
    ++(isStart ? begun : ended);
  }
  CHECK(begun > 10);
  CHECK(begun + stream.soundsDropped <= 500 && begun + stream.soundsDropped >= 500 - 26);
}

TEST("constant/tables-that-no-rate-carries-wait-in-two-rounds-at-most") {
  // 20 packets a second, a third of them clocks; tables would take 25.
  const EncodeSpec spec = constantSpec(25, 1, 30'000);
  Stream stream(spec);
  for (std::int64_t tick = 100; tick < 600; ++tick) {
    stream.write(tick, 0, false, 0);
    CHECK(stream.muxer.backlogNs() <= PacketGrid(spec.grid, spec.muxBitsPerSecond).nsOf(kTablesWaitMax + 2));
  }
  checkCounters(stream);
  std::int64_t associations = 0, maps = 0;
  for (std::size_t n = 0; n < stream.packets(); ++n) {
    associations += pidOf(stream.packet(n)) == 0 ? 1 : 0;
    maps += pidOf(stream.packet(n)) == kTablesPid ? 1 : 0;
  }
  CHECK(maps > 100 && associations - maps <= 1 && maps <= associations);
}
