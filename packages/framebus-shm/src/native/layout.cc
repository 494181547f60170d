#include "layout.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace retrovue::framebus {
namespace {

/// How the samples of a plane lie; the same table as the core's `planesOf`.
struct Plane {
  std::uint32_t bytesPerSample;
  std::uint32_t log2X;
  std::uint32_t log2Y;
};

struct Planes {
  std::uint32_t count;
  std::array<Plane, RVFB_PLANES_MAX> plane;
};

constexpr Planes planar(std::uint32_t bytes, std::uint32_t log2X, std::uint32_t log2Y) {
  return {3, {{{bytes, 0, 0}, {bytes, log2X, log2Y}, {bytes, log2X, log2Y}, {}}}};
}

constexpr Planes planesOf(std::uint32_t pixelFormat) {
  switch (pixelFormat) {
    case RVFB_YUV420P:
      return planar(1, 1, 1);
    case RVFB_YUV422P:
      return planar(1, 1, 0);
    case RVFB_YUV444P:
      return planar(1, 0, 0);
    case RVFB_YUV420P10LE:
    case RVFB_YUV420P12LE:
      return planar(2, 1, 1);
    case RVFB_YUV422P10LE:
    case RVFB_YUV422P12LE:
      return planar(2, 1, 0);
    case RVFB_YUV444P10LE:
    case RVFB_YUV444P12LE:
      return planar(2, 0, 0);
    case RVFB_NV12:
      return {2, {{{1, 0, 0}, {2, 1, 1}, {}, {}}}};
    case RVFB_P010LE:
      return {2, {{{2, 0, 0}, {4, 1, 1}, {}, {}}}};
    case RVFB_GRAY:
      return {1, {{{1, 0, 0}, {}, {}, {}}}};
    case RVFB_GRAY10LE:
      return {1, {{{2, 0, 0}, {}, {}, {}}}};
    case RVFB_RGB24:
      return {1, {{{3, 0, 0}, {}, {}, {}}}};
    case RVFB_RGBA:
      return {1, {{{4, 0, 0}, {}, {}, {}}}};
    case RVFB_GBRP:
      return planar(1, 0, 0);
    default:
      return {0, {}};
  }
}

constexpr std::uint64_t up(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

constexpr std::uint32_t ceilShift(std::uint32_t value, std::uint32_t shift) {
  return (value + (1u << shift) - 1) >> shift;
}

constexpr std::uint32_t powerOfTwoAtLeast(std::uint32_t value) {
  std::uint32_t power = 1;
  while (power < value) power *= 2;
  return power;
}

/// Coded sizes are multiples of at most 64 (the largest block of HEVC and VP9), and libavcodec asks for two
/// rows more below H.264 pictures (libavcodec: utils.c, avcodec_align_dimensions2), so that it can decode
/// right into a buffer.
constexpr std::uint32_t kCodedAlign = 64;
constexpr std::uint32_t kRowsBelow = 2;

/// In flight beside lead, history and references: one being filled, one being read ahead, two to spare.
constexpr std::uint32_t kBuffersInFlight = 4;
/// Slots beyond those readable, so that a reader about to be lapped has a few ticks before its slot changes.
constexpr std::uint32_t kSlotsSpare = 3;
constexpr std::uint32_t kAssetsMax = 1024;
constexpr std::uint32_t kSoundSecondsMin = 4;

Failure invalid(const std::string& what) {
  return Failure{"InvalidArgument", what, 0};
}

Expected<void> check(const BusSpec& s) {
  const auto idChar = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (s.engineId.empty() || s.engineId.size() > RVFB_ENGINE_ID_BYTES ||
      !std::all_of(s.engineId.begin(), s.engineId.end(), idChar)) {
    return invalid("An engine's id is 1 to 64 characters of a-z, 0-9, - and _, not \"" + s.engineId + "\".");
  }
  if (s.width < 1 || s.width > 16384 || s.height < 1 || s.height > 16384) {
    return invalid("A picture is 1 to 16384 pixels wide and high.");
  }
  if (s.rateNum < 1 || s.rateNum > 240'000 || s.rateDen < 1 || s.rateDen > 1001) {
    return invalid("The frame rate is not a standard one.");
  }
  if (s.sampleRate < 8000 || s.sampleRate > 192'000) return invalid("The sample rate is 8000 to 192000.");
  if (s.channels < 1 || s.channels > 8) return invalid("Sound has 1 to 8 channels.");
  if (s.leadTicks < 2 || s.leadTicks > 1000) return invalid("The lead is 2 to 1000 ticks.");
  if (s.historyTicks < 1 || s.historyTicks > 10'000) return invalid("The history is 1 to 10000 ticks.");
  if (s.directReferences > 64) return invalid("Direct references are 0 to 64 buffers.");
  if (planesOf(s.pixelFormat).count == 0) return invalid("The pixel format is not one of the bus's.");
  if (s.sarNum == 0 || s.sarDen == 0) return invalid("The sample aspect ratio has a zero.");
  if (s.mapping.ratePpb < -kNsPerSecond) return invalid("House time does not run backwards.");
  return {};
}

rvfb_format formatOf(const BusSpec& s) {
  rvfb_format f{};
  f.width = s.width;
  f.height = s.height;
  f.rate_num = s.rateNum;
  f.rate_den = s.rateDen;
  f.pixel_format = s.pixelFormat;
  f.sar_num = s.sarNum;
  f.sar_den = s.sarDen;
  f.colour_primaries = s.colourPrimaries;
  f.colour_transfer = s.colourTransfer;
  f.colour_matrix = s.colourMatrix;
  f.colour_range = s.colourRange;
  f.aspect_policy = s.aspectPolicy;
  f.sample_rate = s.sampleRate;
  f.channels = s.channels;
  const Planes planes = planesOf(s.pixelFormat);
  f.plane_count = planes.count;
  const auto codedWidth = static_cast<std::uint32_t>(up(s.width, kCodedAlign));
  const auto codedHeight = static_cast<std::uint32_t>(up(s.height, kCodedAlign)) + kRowsBelow;
  std::uint64_t at = 0;
  for (std::uint32_t p = 0; p < planes.count; ++p) {
    const Plane& plane = planes.plane[p];
    f.plane_row_bytes[p] = ceilShift(s.width, plane.log2X) * plane.bytesPerSample;
    f.plane_picture_rows[p] = ceilShift(s.height, plane.log2Y);
    const std::uint64_t row =
        static_cast<std::uint64_t>(ceilShift(codedWidth, plane.log2X)) * plane.bytesPerSample;
    f.plane_stride[p] = static_cast<std::uint32_t>(up(row, RVFB_STRIDE_ALIGN));
    f.plane_rows[p] = ceilShift(codedHeight, plane.log2Y);
    f.plane_offset[p] = at;
    at += static_cast<std::uint64_t>(f.plane_stride[p]) * f.plane_rows[p];
  }
  f.picture_bytes = up(at, RVFB_PAGE_BYTES);
  return f;
}

rvfb_lane laneOf(const BusSpec& s, std::uint32_t bufferCount) {
  rvfb_lane lane{};
  lane.magic = RVFB_MAGIC_LANE;
  lane.layout_version = RVFB_LAYOUT_VERSION;
  lane.channels = s.channels;
  lane.samples_max = s.grid().samplesMax();
  // A worker that is ahead by the whole lead while the committer sleeps still finds room.
  lane.submission_count = powerOfTwoAtLeast(s.leadTicks + 8);
  lane.submission_bytes = static_cast<std::uint32_t>(
      up(RVFB_SUBMISSION_SOUND + std::uint64_t{lane.samples_max} * s.channels * sizeof(float), 64));
  // Each buffer is lent and released once at a time, so these rings cannot overflow.
  lane.buffer_ring_count = powerOfTwoAtLeast(bufferCount);
  lane.refusal_count = 2 * lane.submission_count;
  lane.submissions_offset = sizeof(rvfb_lane);
  lane.free_offset = lane.submissions_offset + std::uint64_t{lane.submission_count} * lane.submission_bytes;
  lane.releases_offset = lane.free_offset + lane.buffer_ring_count * sizeof(rvfb_free_buffer);
  lane.refusals_offset = lane.releases_offset + lane.buffer_ring_count * sizeof(rvfb_release);
  lane.object_bytes = up(lane.refusals_offset + lane.refusal_count * sizeof(rvfb_refusal), RVFB_PAGE_BYTES);
  return lane;
}

}  // namespace

Expected<Layout> layoutOf(const BusSpec& s) {
  if (auto checked = check(s); !checked) return checked.failure();
  Layout layout;
  rvfb_header& h = layout.header;
  h.magic = RVFB_MAGIC;
  h.layout_version = RVFB_LAYOUT_VERSION;
  h.header_bytes = RVFB_HEADER_BYTES;
  h.slot_bytes = RVFB_SLOT_BYTES;
  h.asset_bytes = RVFB_ASSET_BYTES;
  h.ancillary_bytes = RVFB_ANCILLARY_BYTES;
  h.channel_id = s.channelId;
  h.engine_id_bytes = static_cast<std::uint32_t>(s.engineId.size());
  std::memcpy(h.engine_id, s.engineId.data(), s.engineId.size());
  h.format = formatOf(s);
  h.lead_ticks = s.leadTicks;
  h.history_ticks = s.historyTicks;
  // Readable are head − (lead + history) … head: lead + history + 1 ticks, and so at least `history` after
  // their time.
  h.slot_count = s.leadTicks + s.historyTicks + 1 + kSlotsSpare;
  h.buffer_count = s.leadTicks + s.historyTicks + s.directReferences + kBuffersInFlight;
  // Two more than ticks can be readable: an entry for the next commit is always free.
  h.asset_count = std::min(h.slot_count + 2, kAssetsMax);
  h.heartbeat_ns = RVFB_HEARTBEAT_NS;
  const HouseGrid grid = s.grid();
  h.guard_ns = s.guardNs != 0
                   ? s.guardNs
                   : std::max<std::uint64_t>(50'000'000, static_cast<std::uint64_t>(grid.tickTime(2)));
  h.audio_samples = static_cast<std::uint32_t>(
      up(std::max<std::uint64_t>(std::uint64_t{kSoundSecondsMin} * s.sampleRate,
                                 std::uint64_t{h.slot_count + 2} * grid.samplesMax()),
         RVFB_PAGE_BYTES / sizeof(float)));

  std::uint64_t at = RVFB_HEADER_BYTES;
  const auto section = [&at](std::uint64_t bytes, std::uint64_t align) {
    const std::uint64_t begin = up(at, align);
    at = begin + bytes;
    return begin;
  };
  h.slots_offset = section(std::uint64_t{h.slot_count} * RVFB_SLOT_BYTES, 64);
  h.assets_offset = section(std::uint64_t{h.asset_count} * RVFB_ASSET_BYTES, 64);
  h.ancillary_offset = section(std::uint64_t{h.slot_count} * RVFB_ANCILLARY_BYTES, 64);
  h.audio_offset = section(std::uint64_t{h.audio_samples} * s.channels * sizeof(float), RVFB_PAGE_BYTES);
  h.generations_offset = section(std::uint64_t{h.buffer_count} * sizeof(std::uint64_t), 64);
  h.slate_offset = section(h.format.picture_bytes, RVFB_PAGE_BYTES);
  h.black_offset = section(h.format.picture_bytes, RVFB_PAGE_BYTES);
  h.object_bytes = up(at, RVFB_PAGE_BYTES);
  h.pictures_bytes = std::uint64_t{h.buffer_count} * h.format.picture_bytes;
  layout.lane = laneOf(s, h.buffer_count);
  return layout;
}

std::string busName(const std::string& prefix, const std::string& engineId, std::uint32_t channelId) {
  return prefix + "." + engineId + ".ch" + std::to_string(channelId);
}

}  // namespace retrovue::framebus
