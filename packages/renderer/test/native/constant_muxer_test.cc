#include <retrovue/test/runner.h>

#include <algorithm>

#include "allocations.h"
#include "constant_stream.h"
#include "fakes.h"
#include "picture_encoder.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

namespace {

/// Each clock, against each place between it and the first, and the distance of clocks.
void checkClocks(const Stream& stream, std::int64_t bitsPerSecond) {
  const auto clocks = clocksOf(stream);
  REQUIRE(clocks.size() > 10);
  for (std::size_t i = 1; i < clocks.size(); ++i) {
    const std::int64_t bits = static_cast<std::int64_t>(clocks[i].packet - clocks[0].packet) * 1504;
    const std::int64_t due = unitsAt(bits, bitsPerSecond, 1, kPcrPerSecond);
    const std::int64_t off = floorMod(clocks[i].pcr - clocks[0].pcr, kPcrModulus) - due;
    // One unit of 27 MHz; 13 may be (500 ns; ISO/IEC 13818-1, 2.4.2.2).
    CHECK(off <= 1 && off >= -1);
    CHECK(floorMod(clocks[i].pcr - clocks[i - 1].pcr, kPcrModulus) <= 27'000 * 40);
  }
}

}  // namespace

TEST("constant/every-rate-is-exact-between-any-two-clocks-which-are-at-most-40-ms-apart") {
  for (const auto& [num, den] : {std::pair{24'000U, 1'001U}, {25U, 1U}, {30'000U, 1'001U}, {60U, 1U}}) {
    for (const std::int64_t rate : {1'500'000, 4'567'000, 19'392'658, 38'014'706}) {
      Stream stream(constantSpec(num, den, rate));
      // Far from zero, as ticks are in service.
      const std::int64_t from = 52'000'000'000;
      for (std::int64_t n = 0; n < 120; ++n)
        stream.write(from + n, n % 7 == 3 ? 0 : n % 10 == 0 ? 9'000 : 800, n % 10 == 0);
      checkClocks(stream, rate);
      checkCounters(stream);
      CHECK_EQ(stream.overdue, 0U);
    }
  }
}

TEST("constant/a-clock-is-the-time-of-its-own-byte-less-half-a-second") {
  const std::int64_t rate = 5'000'000;
  Stream stream(constantSpec(25, 1, rate));
  const std::int64_t tick = 45'000'000'000;
  stream.write(tick, 2'000, true);
  const Clock first = clocksOf(stream).at(0);
  // The packet that the tick begins with, counted from the epoch; 40 ms are 200 kbit.
  const std::int64_t bits = tick * 200'000;
  const std::int64_t place = (bits + 1503) / 1504 + static_cast<std::int64_t>(first.packet);
  const auto arrival = static_cast<__int128>(place * 188 + 10) * 8 * 27'000'000 / rate;
  CHECK_EQ(first.pcr, floorMod(static_cast<std::int64_t>(arrival) - 13'500'000, kPcrModulus));
}

TEST("constant/a-clock-wraps-with-its-places") {
  const std::int64_t rate = 3'000'000;
  Stream stream(constantSpec(25, 1, rate));
  const std::int64_t wrap = kPtsModulus / 3'600 + 12;  // half a second behind it, so that the clock wraps
  for (std::int64_t tick = wrap - 20; tick < wrap + 20; ++tick) stream.write(tick, 900, tick % 10 == 0 || tick == wrap - 20);
  checkClocks(stream, rate);
  const auto clocks = clocksOf(stream);
  CHECK(clocks.back().pcr < clocks.front().pcr);
}

TEST("constant/a-tick-holds-the-packets-that-begin-within-it-and-a-successor-goes-on-with-the-line") {
  const EncodeSpec spec = constantSpec(30'000, 1'001, 4'000'000);
  const PacketGrid places(spec.grid, spec.muxBitsPerSecond);
  Stream one(spec), other(spec);
  for (std::int64_t tick = 1000; tick < 1060; ++tick) {
    const TickBytes bytes = one.write(tick, 1'500, tick % 10 == 0);
    CHECK_EQ(static_cast<std::int64_t>(bytes.bytes.size() / kTsPacketBytes), places.firstOf(tick + 1) - places.firstOf(tick));
    // 33 ms in portions of 10 ms at most.
    CHECK_EQ(bytes.portions.size(), 4U);
    for (const std::size_t portion : bytes.portions) CHECK_EQ(portion % kTsPacketBytes, 0U);
    if (tick < 1030) continue;
    TickBytes again;
    const StreamUnit picture = unitOf(tick, 1'500, tick % 10 == 0, 7), sound = unitOf(2048 * tick, 300, true, 9);
    other.muxer.write(tick, {&picture, 1}, {&sound, 1}, again);
    std::vector<std::int64_t> mine, theirs;
    for (std::size_t at = 0; at < bytes.bytes.size(); at += kTsPacketBytes) {
      if (hasPcr(bytes.bytes.data() + at)) mine.push_back(pcrOf(bytes.bytes.data() + at));
      if (hasPcr(again.bytes.data() + at)) theirs.push_back(pcrOf(again.bytes.data() + at));
    }
    if (tick > 1030) CHECK(mine == theirs);
  }
}

TEST("constant/what-it-carries-is-what-the-variable-stream-carries") {
  const EncodeSpec spec = constantSpec(25, 1, 2'500'000);
  Stream stream(spec);
  TsMuxer variable(spec);
  TickBytes plain;
  for (std::int64_t tick = 100; tick < 200; ++tick) {
    const std::size_t size = tick % 25 == 0 ? 25'000 : static_cast<std::size_t>(1'000 + tick * 37 % 900);
    stream.write(tick, size, tick % 25 == 0);
    const StreamUnit picture = unitOf(tick, size, tick % 25 == 0, 7), sound = unitOf(2048 * tick, 300, true, 9);
    variable.write(tick, {&picture, 1}, {&sound, 1}, plain);
  }
  CHECK_EQ(stream.overdue, 0U);
  CHECK_EQ(stream.muxer.backlogNs(), 0);
  for (const int pid : {int{kPicturePid}, int{kSoundPid}}) CHECK(carried(stream, pid) == payloadOf(plain, pid));
}

TEST("constant/a-viewer-starts-where-the-key-frames-tables-came-to-lie") {
  Stream stream(constantSpec(25, 1, 2'000'000));
  std::size_t starts = 0;
  for (std::int64_t tick = 100; tick < 200; ++tick) {
    // What comes before a key frame takes two ticks and more: it begins in its second.
    const std::size_t size = tick % 10 == 9 ? 22'000 : 700;
    const TickBytes bytes = stream.write(tick, size, tick % 10 == 0);
    if (!bytes.randomAccess) continue;
    ++starts;
    if (tick > 100) CHECK_EQ(tick % 10, 1);
    const std::uint8_t* at = bytes.bytes.data() + *bytes.randomAccess;
    REQUIRE(*bytes.randomAccess + 3 * kTsPacketBytes <= bytes.bytes.size());
    CHECK_EQ(pidOf(at), 0);
    CHECK_EQ(pidOf(at + kTsPacketBytes), kTablesPid);
    CHECK_EQ(pidOf(at + 2 * kTsPacketBytes), kPicturePid);
    CHECK(hasPcr(at + 2 * kTsPacketBytes));
    CHECK((at[2 * kTsPacketBytes + 5] & 0x40) != 0);
  }
  CHECK_EQ(starts, 10U);
  checkCounters(stream);
  checkClocks(stream, 2'000'000);
}

TEST("constant/a-picture-too-large-delays-pictures-and-never-sound-clock-or-tables") {
  const std::int64_t rate = 2'000'000;
  Stream stream(constantSpec(25, 1, rate));
  for (std::int64_t tick = 100; tick < 110; ++tick) stream.write(tick, 700, tick == 100);
  // A second and a half at this rate.
  stream.write(110, 375'000, false);
  CHECK(stream.muxer.backlogNs() > kBacklogMaxNs);
  std::int64_t tick = 111;
  for (; stream.muxer.backlogNs() > kBacklogMaxNs; ++tick) stream.write(tick, 0, false);
  CHECK(tick > 130 && tick < 150);
  for (const std::int64_t end = tick + 20; tick < end; ++tick) stream.write(tick, 700, tick % 10 == 0);
  CHECK_EQ(stream.muxer.backlogNs(), 0);
  // The large one; what followed it had been left out until there was room.
  CHECK_EQ(stream.overdue, 1U);
  checkClocks(stream, rate);
  checkCounters(stream);
  // Each frame of sound stands where its time has not come yet: the clock at its place, by the rate, against its PTS.
  const auto clocks = clocksOf(stream);
  std::int64_t soundFrame = 200, lastTables = 0;
  for (std::size_t n = 0; n < stream.packets(); ++n) {
    const std::uint8_t* packet = stream.packet(n);
    if (pidOf(packet) == 0) {
      CHECK(static_cast<std::int64_t>(n) - lastTables <= rate / 1504 / 4);
      lastTables = static_cast<std::int64_t>(n);
    }
    if (pidOf(packet) != kSoundPid || (packet[1] & 0x40) == 0) continue;
    const auto place = static_cast<std::int64_t>(n - clocks[0].packet);
    const std::int64_t pcr = clocks[0].pcr + unitsAt(place * 1504, rate, 1, kPcrPerSecond);
    // Written with the tick of half its number (`Stream::write`).
    const std::int64_t tickTime = unitsAt(soundFrame / 2, 25, 1, kPcrPerSecond);
    CHECK(pcr < tickTime - 27'000 * 85);
    soundFrame += 2;
  }
}

TEST("constant/ticks-that-are-left-out-break-the-clock-and-it-says-so") {
  Stream stream(constantSpec(25, 1, 3'000'000));
  for (std::int64_t tick = 100; tick < 105; ++tick) stream.write(tick, 700, tick == 100);
  const std::size_t before = stream.packets();
  stream.write(130, 700, true);
  std::vector<std::size_t> marked;
  for (const Clock& clock : clocksOf(stream))
    if ((stream.packet(clock.packet)[5] & 0x80) != 0) marked.push_back(clock.packet);
  // The stream's first clock, behind its tables, and that of the first place behind the gap.
  CHECK(marked == std::vector<std::size_t>({2, before}));
  checkCounters(stream);
}

TEST("constant/an-encoder-of-noise-keeps-within-what-the-rate-carries") {
  // Noise that would take megabits; of 1.2 Mbit/s what leaves in 350 ms may wait.
  EncodeSpec spec = smallSpec();
  spec.width = 320;
  spec.height = 192;
  spec.gopTicks = 25;
  spec.videoBitsPerSecond = 1'200'000;
  const std::int64_t rate = 1'750'000;
  spec.muxBitsPerSecond = rate;
  spec.videoBufferBits = 420'000;
  auto encoder = PictureEncoder::open(spec);
  REQUIRE(encoder);
  Stream stream(spec);
  std::vector<std::uint8_t> luma(320 * 192), chroma(160 * 96, 128);
  std::uint32_t noise = 1;
  StreamUnits pictures;
  TickBytes made;
  std::int64_t backlogMax = 0;
  std::size_t largest = 0;
  for (std::int64_t tick = 1'000; tick < 1'200; ++tick) {
    // Each second half a second of noise, and then a still.
    for (auto& sample : luma) sample = tick % 25 < 12 ? static_cast<std::uint8_t>((noise = noise * 1664525 + 1013904223) >> 24) : 90;
    TakenTick taken;
    taken.tick = tick;
    taken.planes = {luma.data(), chroma.data(), chroma.data(), nullptr};
    taken.strides = {320, 160, 160, 0};
    REQUIRE(encoder->encode(taken, pictures));
    for (const StreamUnit& unit : pictures.all()) largest = std::max(largest, unit.bytes().size());
    made.clear();
    const StreamUnit sound = unitOf(2048 * tick, 340, true, 9);
    stream.muxer.write(tick, pictures.all(), {&sound, 1}, made);
    pictures.recycle();
    CHECK_EQ(made.overdue, 0U);
    stream.bytes.insert(stream.bytes.end(), made.bytes.begin(), made.bytes.end());
    backlogMax = std::max(backlogMax, stream.muxer.backlogNs());
  }
  // More than a tick carries, so that it had to wait, and less than what is given up for.
  CHECK(largest > static_cast<std::size_t>(rate / 8 / 25));
  CHECK(backlogMax > 40'000'000 && backlogMax <= kBacklogMaxNs);
  checkClocks(stream, rate);
  checkCounters(stream);
}

TEST("constant/nothing-is-allocated-for-packets-once-it-runs") {
  const EncodeSpec spec = constantSpec(25, 1, 2'500'000);
  ConstantMuxer muxer(spec);
  TickBytes made;
  std::size_t allocated = 0;
  for (std::int64_t tick = 100; tick < 1'100; ++tick) {
    // Key frames wait for several ticks, and the queue is empty between them.
    const bool isKey = tick % 25 == 0;
    const StreamUnit picture = unitOf(tick, isKey ? 25'000 : 1'500, isKey, 7), sound = unitOf(2048 * tick, 300, true, 9);
    made.clear();
    const std::size_t before = allocations();
    muxer.write(tick, {&picture, 1}, {&sound, 1}, made);
    // In the first seconds the most that waits has been there.
    if (tick >= 200) allocated += allocations() - before;
  }
  CHECK_EQ(allocated, 0U);
}
