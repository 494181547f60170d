#include "layout.h"
#include <retrovue/frame_bus_checks.h>

#include "bench.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

TEST("bus/memory-is-computed-from-the-spec") {
  BusSpec spec = smallSpec();
  spec.width = 1920;
  spec.height = 1080;
  spec.leadTicks = 15;
  spec.historyTicks = 21;
  const auto layout = layoutOf(spec);
  REQUIRE(layout);
  CHECK_EQ(layout->header.buffer_count, 40u);
  CHECK_EQ(layout->header.format.plane_stride[0], 1920u);
  CHECK_EQ(layout->header.format.plane_stride[1], 960u);
  CHECK(layout->picturesBytes() > 124'000'000 && layout->picturesBytes() < 127'000'000);
  CHECK_EQ(layout->header.format.picture_bytes % 4096, 0u);
}

TEST("bus/memory-has-room-for-the-lane-of-a-worker-and-of-its-successor") {
  const auto layout = layoutOf(smallSpec());
  CHECK_EQ(layout->totalBytes(),
           layout->controlBytes() + layout->picturesBytes() + layout->readersBytes + 2 * layout->laneBytes());
}

TEST("bus/headers-that-make-no-sense-are-refused") {
  const auto layout = layoutOf(smallSpec());
  REQUIRE(rvfb_header_makes_sense(&layout->header, layout->controlBytes()));
  const auto refused = [&layout](void (*change)(rvfb_header&)) {
    rvfb_header header = layout->header;
    change(header);
    return !rvfb_header_makes_sense(&header, layout->controlBytes());
  };
  CHECK(refused([](rvfb_header& h) { h.slots_offset += 8; }));
  CHECK(refused([](rvfb_header& h) { h.slots_offset = 0; }));
  CHECK(refused([](rvfb_header& h) { h.assets_offset += 4; }));
  CHECK(refused([](rvfb_header& h) { h.ancillary_offset += 1; }));
  CHECK(refused([](rvfb_header& h) { h.audio_offset += 2; }));
  CHECK(refused([](rvfb_header& h) { h.generations_offset += 4; }));
  CHECK(refused([](rvfb_header& h) { h.slate_offset += 64; }));
  CHECK(refused([](rvfb_header& h) { h.black_offset = 0; }));
  CHECK(refused([](rvfb_header& h) { h.format.pixel_format = 0; }));
  CHECK(refused([](rvfb_header& h) { h.format.pixel_format = RVFB_PIXEL_FORMAT_LAST + 1; }));
  CHECK(refused([](rvfb_header& h) { h.format.sar_num = 0; }));
  CHECK(refused([](rvfb_header& h) { h.format.sar_den = 0; }));
  CHECK(refused([](rvfb_header& h) { h.format.plane_row_bytes[1] = 0; }));
  CHECK(refused([](rvfb_header& h) { h.format.plane_stride[1] -= 1; }));
  CHECK(refused([](rvfb_header& h) { h.format.plane_offset[1] += 1; }));
}

TEST("bus/every-pixel-format-has-room-for-its-rows") {
  for (std::uint32_t format = 1; format <= RVFB_PIXEL_FORMAT_LAST; ++format) {
    for (const std::uint32_t width : {1u, 161u, 714u, 853u, 1920u}) {
      BusSpec spec = smallSpec();
      spec.pixelFormat = format;
      spec.width = width;
      spec.height = 121;
      const auto layout = layoutOf(spec);
      REQUIRE(layout);
      const rvfb_format& f = layout->header.format;
      std::uint64_t end = 0;
      for (std::uint32_t p = 0; p < f.plane_count; ++p) {
        CHECK_EQ(f.plane_stride[p] % 64, 0u);
        CHECK(f.plane_row_bytes[p] <= f.plane_stride[p]);
        CHECK(f.plane_picture_rows[p] <= f.plane_rows[p]);
        CHECK(f.plane_offset[p] >= end);
        end = f.plane_offset[p] + std::uint64_t{f.plane_stride[p]} * f.plane_rows[p];
      }
      CHECK(end <= f.picture_bytes);
    }
  }
}

TEST("bus/a-spec-out-of-range-is-refused") {
  const auto refused = [](void (*change)(BusSpec&)) {
    BusSpec spec = smallSpec();
    change(spec);
    const auto layout = layoutOf(spec);
    return !layout && std::string(layout.failure().code) == "InvalidArgument";
  };
  CHECK(refused([](BusSpec& s) { s.engineId = ""; }));
  CHECK(refused([](BusSpec& s) { s.engineId = "../x"; }));
  CHECK(refused([](BusSpec& s) { s.engineId = std::string(65, 'a'); }));
  CHECK(refused([](BusSpec& s) { s.width = 0; }));
  CHECK(refused([](BusSpec& s) { s.leadTicks = 1; }));
  CHECK(refused([](BusSpec& s) { s.historyTicks = 10'001; }));
  CHECK(refused([](BusSpec& s) { s.pixelFormat = 99; }));
  CHECK(refused([](BusSpec& s) { s.channels = 9; }));
  CHECK(!refused([](BusSpec& s) { s.engineId = "a_b-9"; }));
}

TEST("time/native-grid-agrees-with-the-core") {
  const HouseGrid grid{30'000, 1'001, 48'000};
  CHECK_EQ(grid.sampleAt(1'000'005) - grid.sampleAt(1'000'000), 8008u);
  for (std::int64_t n = 53'946'053'946; n < 53'946'054'946; ++n) {
    CHECK_EQ(grid.tickAtOrBefore(grid.tickTime(n)), n);
    CHECK_EQ(grid.tickAtOrBefore(grid.tickTime(n) - 1), n - 1);
  }
  const ClockMapping slewing{1, 1'000, kEpochNs, 500'000};
  for (std::int64_t house = kEpochNs; house < kEpochNs + 1000; ++house) {
    const std::int64_t mono = *slewing.monoAt(house);
    CHECK(slewing.houseAt(mono) >= house);
    CHECK(slewing.houseAt(mono - 1) < house);
  }
  const ClockMapping still{1, 0, kEpochNs, -kNsPerSecond};
  CHECK_EQ(still.houseAt(INT64_MAX / 2), kEpochNs);
  CHECK(!still.monoAt(kEpochNs + 1));
}
