#include <retrovue/test/runner.h>

#include <algorithm>
#include <string>

#include "ts_muxer.h"
#include "ts_reading.h"
#include "wire_time.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

TEST("ts/crc-is-the-standards-own") {
  // The check value of CRC-32/MPEG-2.
  const std::string nine = "123456789";
  CHECK_EQ(psiCrc({reinterpret_cast<const std::uint8_t*>(nine.data()), nine.size()}), 0x0376e6e7U);
}

TEST("ts/every-length-of-unit-fills-whole-packets-and-comes-back") {
  for (std::size_t bytes = 1; bytes < 800; ++bytes) {
    TsPid pid(0x55);
    std::vector<std::uint8_t> body(bytes), into;
    for (std::size_t i = 0; i < bytes; ++i) body[i] = static_cast<std::uint8_t>(i * 7 + 1);
    TickBytes tick;
    // The first packet of a PID is marked; the second unit has the plain form.
    pid.unit({}, body, {}, tick.bytes);
    pid.unit({}, body, {}, tick.bytes);
    REQUIRE(tick.bytes.size() % kTsPacketBytes == 0);
    std::vector<std::uint8_t> twice = body;
    twice.insert(twice.end(), body.begin(), body.end());
    REQUIRE(payloadOf(tick, 0x55) == twice);
    for (std::size_t at = 0; at < tick.bytes.size(); at += kTsPacketBytes) {
      REQUIRE(tick.bytes[at] == 0x47);
      REQUIRE((tick.bytes[at + 3] & 15) == static_cast<int>(at / kTsPacketBytes) % 16);
    }
    REQUIRE((tick.bytes[3] & 0x20) != 0 && (tick.bytes[5] & 0x80) != 0);
  }
}

TEST("ts/pts-and-pcr-wrap-at-33-bits-and-are-floors-of-exact-values") {
  const HouseGrid grid{30'000, 1'001, 48'000};
  CHECK_EQ(ptsOfTick(grid, 1), 3003);
  CHECK_EQ(ptsOfTick(grid, 0), 0);
  CHECK_EQ(ptsOfSample(grid, 1024), 1920);
  CHECK_EQ(ptsOfSample(grid, -1024), kPtsModulus - 1920);
  // 26.5 hours: the last tick before the wrap and the first after it are one step apart.
  const std::int64_t wrap = (kPtsModulus * 30'000 + 1'001 * 90'000 - 1) / (std::int64_t{1'001} * 90'000);
  CHECK_EQ(floorMod(ptsOfTick(grid, wrap) - ptsOfTick(grid, wrap - 1), kPtsModulus), 3003);
  CHECK(ptsOfTick(grid, wrap) < ptsOfTick(grid, wrap - 1));
  CHECK_EQ(pcrOfTick(grid, 1, 0, 1, 0), 900'900);
  CHECK_EQ(pcrOfTick(grid, 0, 0, 1, 300), kPcrModulus - 300);
  // A tick of today, in exact arithmetic done elsewhere: 52000000000 * 1001 * 3 mod 2^33.
  CHECK_EQ(ptsOfTick(grid, 52'000'000'000), std::int64_t{156'156'000'000'000} % kPtsModulus);
}

TEST("ts/key-frames-come-behind-tables-with-their-mark-and-a-clock") {
  TsMuxer muxer(specAt(30'000, 1'001));
  const StreamUnit key = unitOf(100, 1000, true, 1), sound = unitOf(4096, 300, true, 2);
  TickBytes first;
  muxer.write(100, {&key, 1}, {&sound, 1}, first);
  REQUIRE(first.bytes.size() % kTsPacketBytes == 0);
  CHECK(first.randomAccess);
  CHECK_EQ(first.portions.size(), 1U);
  CHECK_EQ(pidOf(first.bytes.data()), 0);
  CHECK_EQ(pidOf(first.bytes.data() + kTsPacketBytes), kTablesPid);
  const std::uint8_t* picture = first.bytes.data() + 2 * kTsPacketBytes;
  CHECK_EQ(pidOf(picture), kPicturePid);
  CHECK((picture[5] & 0x40) != 0);
  REQUIRE(hasPcr(picture));
  const HouseGrid grid{30'000, 1'001, 48'000};
  CHECK_EQ(pcrOf(picture), pcrOfTick(grid, 100, 0, 1, kDecoderDelay));
  const auto payload = payloadOf(first, kSoundPid);
  CHECK_EQ(payload.size(), 14U + 7U + 300U);
  CHECK_EQ(payload[14], 0xff);
  CHECK_EQ(payload[15], 0xf1);
  CHECK_EQ((payload[17] & 3) << 11 | payload[18] << 3 | payload[19] >> 5, 307);

  TickBytes second;
  const StreamUnit plain = unitOf(101, 10, false, 3);
  muxer.write(101, {&plain, 1}, {}, second);
  CHECK(!second.randomAccess);
  CHECK_EQ(pidOf(second.bytes.data()), kPicturePid);
  CHECK((second.bytes[5] & 0xc0) == 0);
}

TEST("ts/long-ticks-leave-in-portions-each-with-its-clock-and-counters-go-on") {
  // 41.7 ms a tick: two clocks.
  TsMuxer muxer(specAt(24'000, 1'001));
  int counter = -1;
  std::int64_t clock = -1;
  for (std::int64_t tick = 0; tick < 50; ++tick) {
    TickBytes bytes;
    // A tick in between has no picture, one is tiny, the rest are large.
    std::vector<StreamUnit> pictures;
    if (tick % 7 != 3) pictures.push_back(unitOf(tick, tick % 5 == 1 ? 20 : 4000, tick % 25 == 0, 9));
    muxer.write(tick, pictures, {}, bytes);
    REQUIRE(bytes.portions.size() == 2);
    REQUIRE(bytes.portions[0] == 0 && bytes.portions[1] > 0 && bytes.portions[1] < bytes.bytes.size());
    CHECK(hasPcr(bytes.bytes.data() + bytes.portions[1]));
    for (std::size_t at = 0; at < bytes.bytes.size(); at += kTsPacketBytes) {
      const std::uint8_t* packet = bytes.bytes.data() + at;
      if (pidOf(packet) != kPicturePid) continue;
      const bool hasPayload = (packet[3] & 0x10) != 0;
      if (counter >= 0) CHECK_EQ(packet[3] & 15, hasPayload ? (counter + 1) & 15 : counter);
      counter = packet[3] & 15;
      if (!hasPcr(packet)) continue;
      const std::int64_t pcr = pcrOf(packet);
      const std::int64_t step = floorMod(pcr - clock, kPcrModulus);
      if (clock >= 0) CHECK_EQ(step > 0 && step <= 27'000 * 36 ? 0 : step, 0);
      clock = pcr;
    }
  }
}

TEST("ts/what-a-successor-writes-begins-with-marks-on-every-pid") {
  TsMuxer muxer(specAt(25, 1));
  const StreamUnit key = unitOf(7, 10, true, 1), sound = unitOf(0, 10, true, 2);
  TickBytes bytes;
  muxer.write(7, {&key, 1}, {&sound, 1}, bytes);
  std::vector<int> marked;
  for (std::size_t at = 0; at < bytes.bytes.size(); at += kTsPacketBytes) {
    const std::uint8_t* packet = bytes.bytes.data() + at;
    if ((packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & 0x80) != 0) marked.push_back(pidOf(packet));
  }
  CHECK(marked == std::vector<int>({0, kTablesPid, kPicturePid, kSoundPid}));
}

TEST("ts/a-service-has-its-channels-name-each-second-in-one-packet") {
  EncodeSpec spec = specAt(25, 1);
  spec.height = 720;
  spec.serviceName = "News";
  TsMuxer muxer(spec);
  std::vector<std::int64_t> with;
  std::vector<std::uint8_t> names;
  for (std::int64_t n = 103; n <= 151; ++n) {
    TickBytes tick;
    muxer.write(n, {}, {}, tick);
    const auto payload = payloadOf(tick, 0x11);
    if (payload.empty()) continue;
    with.push_back(n);
    names = payload;
  }
  CHECK(with == std::vector<std::int64_t>({103, 125, 150}));
  // ETSI EN 300 468, 5.2.3 and 6.2.33: table, length, stream, version; network; service 1, running; H.264 in HD; the name.
  const std::vector<std::uint8_t> expected{0,    0x42, 0xf0, 0x1a, 0, 1, 0xc1, 0, 0,    0xff, 0x01, 0xff, 0,   1,
                                           0xfc, 0x80, 9,    0x48, 7, 0x19, 0, 4, 'N', 'e',  'w',  's'};
  REQUIRE(names.size() > expected.size() + 4);
  CHECK(std::equal(expected.begin(), expected.end(), names.begin()));
  CHECK_EQ(psiCrc(std::span(names).subspan(1, 3 + 0x1a)), 0U);
}

TEST("ts/a-name-beyond-a-packet-is-cut-between-characters-and-marked-as-utf-8") {
  EncodeSpec spec = specAt(25, 1);
  for (int i = 0; i < 100; ++i) spec.serviceName += "\xc3\xa4";
  spec.serviceName.insert(0, "x");
  TsMuxer muxer(spec);
  TickBytes tick;
  muxer.write(1, {}, {}, tick);
  const auto names = payloadOf(tick, 0x11);
  REQUIRE(names.size() <= kTsPacketBytes);
  const std::size_t length = names.at(21);
  CHECK_EQ(length, 150U);  // the mark, x, and 74 characters of two bytes
  CHECK_EQ(names.at(22), 0x15);
  CHECK_EQ(names.at(22 + length - 1), 0xa4);
  CHECK_EQ(psiCrc(std::span(names).subspan(1, 3 + names.at(3))), 0U);
}
