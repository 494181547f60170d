#include <retrovue/libav/device_download.h>
#include <retrovue/libav/picture_comparison.h>
#include <retrovue/libav/standin_device.h>
#include <retrovue/test/runner.h>

#include <cmath>
#include <cstring>
#include <string>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

using Device = std::shared_ptr<HardwareDevice>;

Expected<Device> standin(StandinFaults faults = {}, std::vector<Capability> capabilities = {}) {
  StandinSpec spec;
  spec.faults = std::move(faults);
  spec.capabilities = std::move(capabilities);
  return openStandin(std::move(spec));
}

SessionSpec on(const Device& device) {
  SessionSpec spec;
  spec.device = device;
  return spec;
}

StreamNeeds needs(AVCodecID codec, int depth = 8, int chroma = 420, int width = 1920, int height = 1088) {
  return {codec, FF_PROFILE_UNKNOWN, depth, chroma, width, height};
}

/// Plays two sessions of one clip side by side; the number of pictures that were equal to the bit, or -1.
int equalPictures(const Clip& clip, const Device& device) {
  Player hardware(clip.open(), on(device));
  Player software(clip.open());
  for (int count = 0;; count++) {
    auto first = hardware.picture(INT64_MIN);
    auto second = software.picture(INT64_MIN);
    if (!first || !second || first->has_value() != second->has_value()) return -1;
    if (!first->has_value()) return count;
    auto found = comparePictures(*(*first)->frame, *(*second)->frame);
    if (!found || !found->exact || (*first)->time != (*second)->time) return -1;
    if (!((*first)->format == (*second)->format)) return -1;
    hardware.session().giveBackPicture();
    software.session().giveBackPicture();
  }
}

const Clip& hevc10Clip() {
  static const Clip clip("hevc10.mp4", "-c:v libx265 -x265-params log-level=none:pools=1 -pix_fmt yuv420p10le -an", 1);
  return clip;
}

std::string failureOf(Player& player) {
  for (;;) {
    auto picture = player.picture(INT64_MIN);
    if (!picture) return std::string(picture.failure().code) + ": " + picture.failure().message;
    if (!*picture) return "the end";
    player.session().giveBackPicture();
  }
}

}  // namespace

TEST("device/pictures-come-out-as-software-gives-them-to-the-bit") {
  auto device = standin();
  REQUIRE(device);
  CHECK_EQ(equalPictures(mp4Clip(), *device), 50);
  CHECK_EQ(equalPictures(hevc10Clip(), *device), 25);
  // Half of 121 rows is 61, and the last of them is easily forgotten.
  const Clip odd("odd.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -vf scale=161:121 -pix_fmt yuv420p -an", 1);
  CHECK_EQ(equalPictures(odd, *device), 25);
}

TEST("device/only-what-its-driver-decodes-is-promised") {
  Capability row{AV_CODEC_ID_H264, FF_PROFILE_UNKNOWN, 8, 420, 48, 16, 4096, 4096, 8192};
  Capability main10{AV_CODEC_ID_HEVC, FF_PROFILE_HEVC_MAIN_10, 10, 420, 0, 0, 0, 0, 0};
  auto opened = standin({}, {row, main10});
  REQUIRE(opened);
  const HardwareDevice& device = **opened;
  CHECK(!device.refusal(needs(AV_CODEC_ID_H264)));
  CHECK_EQ(device.refusal(needs(AV_CODEC_ID_VP9)).value_or(""), std::string("does not decode vp9"));
  CHECK_EQ(device.refusal(needs(AV_CODEC_ID_H264, 10)).value_or(""),
           std::string("does not decode h264 of 10 bits 4:2:0"));
  CHECK_EQ(device.refusal(needs(AV_CODEC_ID_H264, 8, 444)).value_or(""),
           std::string("does not decode h264 of 8 bits 4:4:4"));
  CHECK_EQ(device.refusal(needs(AV_CODEC_ID_H264, 8, 420, 32, 32)).value_or(""),
           std::string("decodes h264 from 48×16 to 4096×4096, not 32×32"));
  // Wide or high, but not both: 4096×4096 are 65536 blocks.
  CHECK(device.refusal(needs(AV_CODEC_ID_H264, 8, 420, 4096, 4096)).has_value());
  StreamNeeds rext = needs(AV_CODEC_ID_HEVC, 10);
  CHECK(!device.refusal(rext));
  rext.profile = FF_PROFILE_HEVC_REXT;
  CHECK_EQ(device.refusal(rext).value_or(""), std::string("does not decode hevc in Rext"));
}

TEST("device/a-stream-that-it-does-not-decode-is-refused-and-never-done-in-software") {
  auto device = standin({}, {{AV_CODEC_ID_H264, FF_PROFILE_UNKNOWN, 10, 420, 0, 0, 0, 0, 0}});
  REQUIRE(device);
  Player player(mp4Clip().open(), on(*device));
  auto info = player.info();
  REQUIRE(!info);
  CHECK_EQ(std::string(info.failure().code), std::string("DeviceUnavailable"));
  CHECK_EQ(info.failure().message, std::string("standin:0 does not decode h264 of 8 bits 4:2:0."));
}

TEST("device/an-error-of-its-driver-ends-the-decoder") {
  StandinFaults faults;
  faults.errorAt = 10;
  auto device = standin(faults);
  REQUIRE(device);
  Player player(mp4Clip().open(), on(*device));
  CHECK(failureOf(player).starts_with("DecodeFailed: standin:0 failed on a picture: "));
}

TEST("device/one-that-is-lost-ends-all-its-decoders-and-begins-no-more") {
  StandinFaults faults;
  faults.lostAt = 10;
  auto device = standin(faults);
  REQUIRE(device);
  Player first(mp4Clip().open(), on(*device));
  Player second(mp4Clip().open(), on(*device));
  CHECK(failureOf(first).starts_with("DeviceUnavailable: standin:0 is lost"));
  CHECK(failureOf(second).starts_with("DeviceUnavailable: standin:0 is lost"));
  auto begun = (*device)->begin();
  REQUIRE(!begun);
  CHECK_EQ(begun.failure().message, std::string("standin:0 is lost."));
}

TEST("device/no-more-sessions-than-its-driver-gives") {
  StandinSpec spec;
  spec.sessionsMax = 1;
  auto device = openStandin(spec);
  REQUIRE(device);
  auto first = (*device)->begin();
  REQUIRE(first);
  CHECK(!(*device)->begin());
  first->reset();
  CHECK(static_cast<bool>((*device)->begin()));
}

TEST("device/one-that-is-missing-says-why") {
  StandinFaults faults;
  faults.missing = "Nobody plugged it in.";
  auto device = standin(faults);
  REQUIRE(!device);
  CHECK_EQ(device.failure().message, std::string("Nobody plugged it in."));
  for (const DeviceKind kind : {DeviceKind::cuda, DeviceKind::qsv, DeviceKind::vaapi, DeviceKind::videotoolbox}) {
    auto real = openDevice(kind, 4'000);
    REQUIRE(!real);
    CHECK_EQ(std::string(real.failure().code), std::string("DeviceUnavailable"));
    CHECK(real.failure().message.size() > 10);
  }
}

TEST("device/wrong-pictures-are-told-from-right-ones") {
  for (const auto wrong : {StandinFaults::Wrong::green, StandinFaults::Wrong::colour, StandinFaults::Wrong::swapped}) {
    StandinFaults faults;
    faults.wrong = wrong;
    faults.wrongAt = 3;
    auto device = standin(faults);
    REQUIRE(device);
    CHECK_EQ(equalPictures(mp4Clip(), *device), -1);
  }
}

TEST("device/seeks-on-it-are-exact") {
  auto device = standin();
  REQUIRE(device);
  Player player(mp4Clip().open(), on(*device));
  REQUIRE(player.info());
  for (const std::int64_t n : {40, 3, 49, 0, 25}) {
    REQUIRE(player.seek(n * 40'000'000));
    auto picture = player.picture();
    REQUIRE(picture && *picture);
    CHECK_EQ((*picture)->time, n * 40'000'000);
    player.session().giveBackPicture();
  }
}

TEST("device/pictures-go-straight-into-a-buffer-on-loan") {
  auto device = standin();
  REQUIRE(device);
  Player probe(mp4Clip().open());
  auto info = probe.info();
  REQUIRE(info);
  BufferLayout layout;
  layout.width = info->pictureFormat.width;
  layout.height = info->pictureFormat.height;
  layout.pixelFormat = "yuv420p";
  layout.planes = 3;
  std::vector<std::vector<std::uint8_t>> memory;
  LoanedBuffers::Planes planes{};
  for (int i = 0; i < 3; i++) {
    layout.strides[i] = i == 0 ? 1024 : 512;
    layout.rows[i] = layout.height + 64;
    auto& plane = memory.emplace_back(static_cast<std::size_t>(layout.strides[i]) * layout.rows[i] + 64);
    const auto address = reinterpret_cast<std::uintptr_t>(plane.data());
    planes[i] = plane.data() + (64 - address % 64) % 64;
  }
  SessionSpec spec = on(*device);
  spec.buffers = LoanedBuffers::create(layout);
  spec.buffers->offer(7, planes);
  Player hardware(mp4Clip().open(), spec);
  Player software(mp4Clip().open());
  auto first = hardware.picture(INT64_MIN);
  auto second = software.picture(INT64_MIN);
  REQUIRE(first && *first && second && *second);
  REQUIRE((*first)->place.has_value());
  CHECK_EQ((*first)->place->id, 7U);
  CHECK((*first)->frame->data[0] == planes[0] && (*first)->frame->data[2] == planes[2]);
  auto found = comparePictures(*(*first)->frame, *(*second)->frame);
  REQUIRE(found);
  CHECK(found->exact);
  // The second found none at hand, and lies in the session's own.
  hardware.session().giveBackPicture();
  auto third = hardware.picture(INT64_MIN);
  REQUIRE(third && *third);
  CHECK(!(*third)->place.has_value());
}

TEST("comparison/tells-how-far-pictures-are-apart") {
  FramePool pool;
  FramePtr a = pool.take(AV_PIX_FMT_YUV420P, 64, 32);
  FramePtr b = pool.take(AV_PIX_FMT_YUV420P, 64, 32);
  REQUIRE(a && b);
  for (const FramePtr* it : {&a, &b}) {
    for (int i = 0; i < 3; i++)
      std::memset((*it)->data[i], 100, static_cast<std::size_t>((*it)->linesize[i]) * (i == 0 ? 32 : 16));
  }
  auto same = comparePictures(*a, *b);
  REQUIRE(same);
  CHECK(same->exact && std::isinf(same->psnrDb));
  // One sample of 3072 is 16 away: 10 log10(255² × 3072 / 256).
  b->data[1][5] = 116;
  auto close = comparePictures(*a, *b);
  REQUIRE(close);
  CHECK(!close->exact);
  CHECK(std::abs(close->psnrDb - 58.92) < 0.01);
  CHECK(std::isinf(close->planesDb[0]) && std::isinf(close->planesDb[2]) && close->planesDb[1] < 60);
  FramePtr small = pool.take(AV_PIX_FMT_YUV420P, 32, 32);
  REQUIRE(small);
  CHECK(!comparePictures(*a, *small));
}
