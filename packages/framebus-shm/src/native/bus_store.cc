#include "bus_store.h"

#include <retrovue/frame_bus_protocol.h>

#include <algorithm>
#include <cstring>

#include "finite_samples.h"
#include "futex.h"

namespace retrovue::framebus {
namespace {

bool isTenBit(std::uint32_t format) {
  return (format >= RVFB_YUV420P10LE && format <= RVFB_YUV444P10LE) || format == RVFB_P010LE ||
         format == RVFB_GRAY10LE;
}

bool isTwelveBit(std::uint32_t format) {
  return format >= RVFB_YUV420P12LE && format <= RVFB_YUV444P12LE;
}

void fill16(std::byte* at, std::uint64_t bytes, std::uint16_t value) {
  for (std::uint64_t i = 0; i + 1 < bytes; i += 2) std::memcpy(at + i, &value, sizeof value);
}

/// Black of the format, over stride and padding too: (16, 128, 128) in limited 8-bit YCbCr, and its like.
void fillBlack(std::byte* picture, const rvfb_format& f) {
  const bool rgb = f.pixel_format == RVFB_RGB24 || f.pixel_format == RVFB_RGBA || f.pixel_format == RVFB_GBRP;
  const std::uint32_t luma = f.colour_range == 2 ? 0 : 16;
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    std::byte* at = picture + f.plane_offset[p];
    const std::uint64_t bytes = std::uint64_t{f.plane_stride[p]} * f.plane_rows[p];
    if (rgb) {
      const std::uint32_t opaque = 0xff000000u;
      std::memset(at, 0, bytes);
      if (f.pixel_format == RVFB_RGBA) {
        for (std::uint64_t i = 0; i + 3 < bytes; i += 4) std::memcpy(at + i, &opaque, sizeof opaque);
      }
      continue;
    }
    const std::uint32_t level = p == 0 ? luma : 128;
    if (f.pixel_format == RVFB_P010LE) {
      fill16(at, bytes, static_cast<std::uint16_t>(level << 8));  // Ten bits in the upper end of sixteen.
    } else if (isTenBit(f.pixel_format)) {
      fill16(at, bytes, static_cast<std::uint16_t>(level << 2));
    } else if (isTwelveBit(f.pixel_format)) {
      fill16(at, bytes, static_cast<std::uint16_t>(level << 4));
    } else {
      std::memset(at, static_cast<int>(level), bytes);
    }
  }
}

}  // namespace

BusStore::BusStore(std::shared_ptr<Mapping> control, const rvfb_header& header, const ClockMapping& mapping)
    : control_(std::move(control)),
      header_(reinterpret_cast<rvfb_header*>(control_->at())),
      constants_(header) {
  std::memcpy(header_, &header, sizeof header);
  header_->head_tick = RVFB_NO_TICK;
  header_->oldest_tick = 0;
  header_->state = RVFB_STATE_READY;
  fillBlack(reserved(RVFB_BUFFER_BLACK), constants_.format);
  fillBlack(reserved(RVFB_BUFFER_SLATE), constants_.format);
  for (std::uint32_t i = 0; i < constants_.slot_count; ++i) {
    reinterpret_cast<rvfb_slot*>(control_->at(constants_.slots_offset + std::uint64_t{i} * RVFB_SLOT_BYTES))
        ->tick = RVFB_NO_TICK;
  }
  storeMapping(mapping);
}

void BusStore::begin(std::int64_t first) {
  const HouseGrid grid{constants_.format.rate_num, constants_.format.rate_den, constants_.format.sample_rate};
  RVFB_STORE_RELAXED(&header_->audio_reserved, grid.sampleAt(first));
  RVFB_STORE_RELAXED(&header_->audio_committed, grid.sampleAt(first));
  retire(first);
}

void BusStore::retire(std::int64_t oldest) {
  oldest_ = oldest;
  // Rule 4: retired before the buffers that only it showed may be lent; the lending orders itself after this
  // store.
  __atomic_store_n(&header_->oldest_tick, oldest, __ATOMIC_RELEASE);
}

void BusStore::storeSlot(const rvfb_slot& slot, const std::uint64_t* ancillary) {
  const std::uint64_t place = static_cast<std::uint64_t>(slot.tick) % constants_.slot_count;
  std::uint64_t from[RVFB_SLOT_WORDS];
  std::memcpy(from, &slot, sizeof from);
  rvfb_slot_store(words(constants_.slots_offset + place * RVFB_SLOT_BYTES), from, RVFB_SLOT_WORDS,
                  words(constants_.ancillary_offset + place * RVFB_ANCILLARY_BYTES), ancillary,
                  (slot.ancillary_bytes + 7) / 8);
}

void BusStore::storeSound(std::uint64_t start, std::uint32_t count, const float* const* channels) {
  rvfb_sound_reserve(&header_->audio_reserved, start + count);
  const std::uint32_t ring = constants_.audio_samples;
  const auto at = static_cast<std::uint32_t>(start % ring);
  const std::uint32_t straight = std::min(count, ring - at);
  auto* audio = reinterpret_cast<std::uint32_t*>(control_->at(constants_.audio_offset));
  for (std::uint32_t c = 0; c < constants_.format.channels; ++c) {
    std::uint32_t* into = audio + std::uint64_t{c} * ring;
    const float* from = channels == nullptr ? nullptr : channels[c];
    storeFiniteSamples(into + at, from, straight);
    storeFiniteSamples(into, from == nullptr ? nullptr : from + straight, count - straight);
  }
  rvfb_sound_commit(&header_->audio_committed, start + count);
}

void BusStore::publish(std::int64_t tick) {
  head_ = tick;
  rvfb_head_publish(&header_->head_tick, &header_->futex_word, tick);
}

void BusStore::storeMapping(const ClockMapping& mapping) {
  rvfb_mapping& m = header_->mapping;
  const std::uint64_t from[4] = {mapping.sequence, static_cast<std::uint64_t>(mapping.monoAnchor),
                                 static_cast<std::uint64_t>(mapping.houseAnchor),
                                 static_cast<std::uint64_t>(mapping.ratePpb)};
  rvfb_guard_open(&m.guard);
  rvfb_store_words(&m.sequence, from, 4);
  rvfb_guard_close(&m.guard);
  raiseWord();
}

void BusStore::storeAsset(std::uint32_t index, const char* uri, std::uint32_t uriBytes, const char* title,
                          std::uint32_t titleBytes, bool truncated) {
  std::uint64_t* asset = words(constants_.assets_offset + std::uint64_t{index} * RVFB_ASSET_BYTES);
  // Whole words of text, the last one padded; what lies behind the lengths has no meaning.
  const auto storeText = [asset](std::size_t offset, const char* text, std::uint32_t bytes) {
    for (std::uint32_t i = 0; i < bytes; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text + i, bytes - i < 8 ? bytes - i : 8);
      RVFB_STORE_RELAXED(asset + (offset + i) / 8, word);
    }
  };
  const std::uint64_t lengths[2] = {uriBytes | std::uint64_t{titleBytes} << 32, truncated ? 1u : 0u};
  rvfb_guard_open(asset);
  rvfb_store_words(asset + 1, lengths, 2);
  storeText(offsetof(rvfb_asset, uri), uri, uriBytes);
  storeText(offsetof(rvfb_asset, title), title, titleBytes);
  rvfb_guard_close(asset);
}

const rvfb_asset& BusStore::asset(std::uint32_t index) const {
  return *reinterpret_cast<const rvfb_asset*>(
      control_->at(constants_.assets_offset + std::uint64_t{index} * RVFB_ASSET_BYTES));
}

std::uint64_t BusStore::lend(std::uint32_t buffer) {
  return rvfb_buffer_lend(words(constants_.generations_offset) + buffer);
}

std::uint64_t BusStore::generation(std::uint32_t buffer) const {
  return RVFB_LOAD_RELAXED(words(constants_.generations_offset) + buffer);
}

void BusStore::storeCounters(const rvfb_counters& counters) {
  const std::uint64_t from[7] = {counters.committed, counters.holds,   counters.slates,
                                 counters.blacks,    counters.refused, counters.late_commits,
                                 counters.submitted};
  rvfb_store_words(&header_->counters.committed, from, 7);
}

void BusStore::storeNewestLane(std::uint32_t lane) {
  RVFB_STORE_RELAXED(&header_->newest_lane, lane);
}

void BusStore::beat() {
  RVFB_STORE_RELAXED(&header_->heartbeat, RVFB_LOAD_RELAXED(&header_->heartbeat) + 1);
}

void BusStore::close() {
  RVFB_STORE_RELAXED(&header_->state, std::uint32_t{RVFB_STATE_CLOSED});
  raiseWord();
  wake();
}

void BusStore::raiseWord() {
  __atomic_store_n(&header_->futex_word, RVFB_LOAD_RELAXED(&header_->futex_word) + 1, __ATOMIC_RELEASE);
}

void BusStore::wake() {
  futexWake(&header_->futex_word);
}

std::byte* BusStore::reserved(std::uint32_t buffer) const {
  return control_->at(buffer == RVFB_BUFFER_SLATE ? constants_.slate_offset : constants_.black_offset);
}

}  // namespace retrovue::framebus
