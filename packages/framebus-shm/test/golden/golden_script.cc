#include "golden_script.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "scribe.h"

namespace retrovue::framebus::golden {
namespace {

Expectation expectation(std::int64_t first, std::uint8_t segment, const std::string& uri,
                        const std::string& title) {
  Expectation e;
  e.firstTick = first;
  e.segmentId.fill(segment);
  e.planRevision = 7;
  e.assetUri = uri;
  e.assetTitle = title;
  return e;
}

/// What most ticks of a segment have in common.
Handed planned(std::int64_t tick, std::uint8_t segment, std::uint64_t key, const std::string& uri,
               const std::string& title) {
  Handed h;
  h.tick = tick;
  h.segment = segment;
  h.planRevision = 7;
  h.assetKey = key;
  h.uri = uri;
  h.title = title;
  h.mediaTimeNs = tick % 1000 * 33'366'666 + 1;
  h.sourcePts = tick % 1000 * 3003 - 7;
  h.sourceTbNum = 1;
  h.sourceTbDen = 90'000;
  h.sourceIndex = tick % 1000;
  h.decodeNs = 1'234'567;
  return h;
}

/// 8-bit planar pictures at 30000/1001, two channels: repeats, a crop, holds, slate, pad, text in many
/// scripts, captions, sound around the end of its ring, and 21 ticks committed of which 15 may be read.
void writeProgramme(const std::string& folder, const Place& place) {
  BusSpec spec;
  spec.engineId = "east";
  spec.channelId = 7;
  spec.width = 34;
  spec.height = 18;
  spec.rateNum = 30'000;
  spec.rateDen = 1'001;
  spec.pixelFormat = RVFB_YUV420P;
  spec.sarNum = 10;
  spec.sarDen = 11;
  spec.colourPrimaries = 6;
  spec.colourTransfer = 6;
  spec.colourMatrix = 6;
  spec.colourRange = 1;
  spec.sampleRate = 48'000;
  spec.channels = 2;
  spec.leadTicks = 8;
  spec.historyTicks = 6;
  const HouseGrid grid = spec.grid();
  const auto layout = layoutOf(spec);
  if (!layout) giveUp(layout.failure().message);
  std::int64_t first = grid.tickAtOrBefore(kEpochNs);
  // The sound of tick 12 straddles the end of the ring.
  const std::uint64_t ring = layout->header.audio_samples;
  while (grid.sampleAt(first + 12) / ring == (grid.sampleAt(first + 13) - 1) / ring) ++first;
  spec.mapping = {1, 0, grid.tickTime(first - 4), -kNsPerSecond};

  const std::string uriA = "file:///media/a.mkv";
  const std::string uriB = "file:///media/Größe und Maß.mkv";
  const std::string titleB = "Größe \"und\" Maß – 字幕 – עברית – 🎬";
  const std::string uriC = "file:///media/c.mkv";
  std::string longTitle;
  for (int i = 0; i < 400; ++i) longTitle += "日本";  // 2400 bytes; 1024 is not a multiple of three.

  Scribe scribe(spec, first, place);
  DrivenBus& bus = scribe.bus();
  const auto tick = [&scribe](int n) { return scribe.tick(n); };
  bus.committer().setPolicy({2, StandInKind::slate});
  bus.committer().expect({expectation(tick(0), 0xaa, uriA, "A"), expectation(tick(13), 0xbb, uriB, titleB),
                          expectation(tick(16), 0xcc, uriC, longTitle)});
  bus.start(first);
  const auto a = [&](int n) { return planned(tick(n), 0xaa, 1, uriA, "A"); };
  for (int n = 0; n < 6; ++n) {
    bus.stopClockAt(bus.grid().tickTime(tick(n - 4)));
    Handed handed = a(n);
    if (n == 0) handed.flags = RVFB_FLAG_FIRST_OF_SEGMENT;
    scribe.picture(handed);
  }
  Handed captioned = a(6);
  captioned.ancillary = {{RVFB_ANCILLARY_CEA708, std::string("\xfc\x94\x2c\xfd\x80", 5)},
                         {RVFB_ANCILLARY_AFD, std::string("\x08", 1)},
                         {RVFB_ANCILLARY_CEA608, std::string("\xfc\x94\x20\x94", 4)}};
  Handed again = a(7);
  again.flags = RVFB_FLAG_REPEAT;
  again.mediaTimeNs = captioned.mediaTimeNs;
  again.decodeNs = 0;
  scribe.pictureTwice(captioned, again);
  Handed cropped = a(8);
  cropped.cropRows = 2;
  cropped.cropBytes = 16;
  cropped.decoder = 3;
  scribe.picture(cropped);

  bus.committer().setReason(RVFB_REASON_HUNG);
  bus.stopClockAt(bus.guardTimeOf(tick(11)));
  for (int n = 9; n <= 11; ++n) {
    TickRecord record;
    record.tick = tick(n);
    record.reason = RVFB_REASON_HUNG;
    record.segment.fill(0xaa);
    record.planRevision = 7;
    record.asset = AssetText{uriA, "A", false};
    if (n == 11) {
      record.flags = RVFB_FLAG_SLATE;
      scribe.stoodIn(record, {});
      continue;
    }
    record.flags = RVFB_FLAG_HOLD;
    record.mediaTimeNs = cropped.mediaTimeNs;
    record.sourcePts = cropped.sourcePts;
    record.sourceTbNum = 1;
    record.sourceTbDen = 90'000;
    record.sourceIndex = cropped.sourceIndex;
    record.pictureOf = std::to_string(cropped.tick);
    scribe.stoodIn(record, {cropped.tick, 2, 16});
  }
  // The committer itself adds the flag: the tick does not continue the one before.
  Handed back = a(12);
  back.flags = RVFB_FLAG_DISCONTINUITY;
  scribe.picture(back);

  Handed b = planned(tick(13), 0xbb, 2, uriB, titleB);
  b.flags = RVFB_FLAG_FIRST_OF_SEGMENT;
  b.sound = false;
  b.silentSamples = bus.grid().samplesIn(b.tick);
  // A time base without a timestamp; tick 19 has it the other way round.
  b.sourcePts = RVFB_NO_TIME;
  b.sourceTbNum = 1001;
  b.sourceTbDen = 30'000;
  Handed held = planned(tick(15), 0xbb, 2, uriB, titleB);
  held.flags = RVFB_FLAG_HOLD;
  held.reason = RVFB_REASON_DECODE_FAILED;
  Handed pad;
  pad.tick = tick(14);
  pad.flags = RVFB_FLAG_BLACK | RVFB_FLAG_PAD;
  pad.reason = RVFB_REASON_PLANNED;
  pad.decoder = RVFB_NO_DECODER;
  pad.sound = false;
  scribe.picture(b);
  scribe.reserved(pad, RVFB_BUFFER_BLACK);
  scribe.picture(held);
  scribe.picture(planned(tick(16), 0xcc, 3, uriC, "C"));

  bus.committer().setReason(RVFB_REASON_WORKER_LOST);
  bus.stopClockAt(bus.guardTimeOf(tick(17)));
  TickRecord record;
  record.tick = tick(17);
  record.flags = RVFB_FLAG_HOLD;
  record.reason = RVFB_REASON_WORKER_LOST;
  record.segment.fill(0xcc);
  record.planRevision = 7;
  record.asset = AssetText{uriC, longTitle.substr(0, 1023), true};
  record.mediaTimeNs = tick(16) % 1000 * 33'366'666 + 1;
  record.sourcePts = tick(16) % 1000 * 3003 - 7;
  record.sourceTbNum = 1;
  record.sourceTbDen = 90'000;
  record.sourceIndex = tick(16) % 1000;
  record.pictureOf = std::to_string(tick(16));
  scribe.stoodIn(record, {tick(16)});

  Handed bare;
  bare.tick = tick(18);
  bare.flags = RVFB_FLAG_LATE | RVFB_FLAG_DISCONTINUITY;
  bare.decoder = 0;
  bare.planRevision = (1ull << 53) - 1;
  // All that a slot holds, in one record.
  std::string most(RVFB_ANCILLARY_BYTES - sizeof(rvfb_ancillary), '\0');
  for (std::size_t i = 0; i < most.size(); ++i) most[i] = static_cast<char>(i * 7);
  bare.ancillary = {{RVFB_ANCILLARY_TIMECODE, most}};
  scribe.picture(bare);
  Handed odd = planned(tick(19), 0xcc, 3, uriC, "C");
  odd.notFinite = true;
  odd.sourcePts = -42;
  odd.sourceTbNum = odd.sourceTbDen = 0;
  scribe.picture(odd);
  scribe.picture(planned(tick(20), 0xcc, 3, uriC, "C"));
  scribe.write(folder + "/programme", {tick(0), tick(5), 0});
}

/// Two planes of 16 bits, one channel of 44.1 kHz, the longest engine id and channel number, the shortest
/// ring, ticks from the epoch on.
void writeEpoch(const std::string& folder, const Place& place) {
  BusSpec spec;
  spec.engineId = "engine-0123456789_abcdefghijklmnopqrstuvwxyz-0123456789_abcdefgh";
  spec.channelId = 4'294'967'295u;
  spec.width = 21;
  spec.height = 11;
  spec.rateNum = 25;
  spec.rateDen = 1;
  spec.pixelFormat = RVFB_P010LE;
  spec.colourPrimaries = 9;
  spec.colourTransfer = 16;
  spec.colourMatrix = 9;
  spec.colourRange = 2;
  spec.aspectPolicy = RVFB_ASPECT_CROP;
  spec.sampleRate = 44'100;
  spec.channels = 1;
  spec.leadTicks = 2;
  spec.historyTicks = 1;
  spec.guardNs = 1'000'000;
  spec.mapping = {1, 0, 0, -kNsPerSecond};
  Scribe scribe(spec, 0, place);
  DrivenBus& bus = scribe.bus();
  bus.committer().setPolicy({0, StandInKind::black});
  bus.start(0);
  const auto blackAt = [&](std::int64_t tick) {
    TickRecord record;
    record.tick = tick;
    record.flags = RVFB_FLAG_BLACK;
    record.reason = RVFB_REASON_STARVED;
    scribe.stoodIn(record, {});
  };
  const auto pictureAt = [&](std::int64_t tick, std::uint32_t flags) {
    bus.stopClockAt(std::max(bus.grid().tickTime(tick - 2), std::int64_t{0}));
    Handed handed = planned(tick, 0x11, 1, "pattern:bars", "");
    handed.flags = flags;
    scribe.picture(handed);
  };
  blackAt(0);
  pictureAt(1, RVFB_FLAG_DISCONTINUITY);
  for (std::int64_t tick = 2; tick < 5; ++tick) pictureAt(tick, 0);
  bus.stopClockAt(bus.grid().tickTime(5));
  blackAt(5);
  Handed last = planned(6, 0x11, 1, "pattern:bars", "");
  last.flags = RVFB_FLAG_DISCONTINUITY;
  scribe.picture(last);
  scribe.write(folder + "/epoch", {0, 2});
}

}  // namespace

void writeGoldens(const std::string& folder) {
  Place place;
  place.prefix = "rvgolden-" + std::to_string(::getpid());
  ::mkdir(folder.c_str(), 0755);
  writeProgramme(folder, place);
  writeEpoch(folder, place);
}

}  // namespace retrovue::framebus::golden
