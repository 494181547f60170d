#include "tick_publisher.h"

#include <algorithm>
#include <cmath>

#include "futex.h"
#include "lane_intake.h"

namespace retrovue::framebus {
namespace {

/// What is missing is faded out over 5 ms (timing.md).
constexpr std::uint32_t kFadesPerSecond = 200;

}  // namespace

TickPublisher::TickPublisher(const HouseGrid& grid, BusStore& store, PicturePool& pool)
    : grid_(grid),
      store_(store),
      pool_(pool),
      slotBuffers_(store.header().slot_count, RVFB_BUFFER_BLACK),
      fade_(std::size_t{store.header().format.channels} * grid.samplesMax()),
      fadeChannels_(store.header().format.channels),
      lastSample_(store.header().format.channels) {}

void TickPublisher::publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound) {
  const rvfb_header& h = store_.header();
  const std::int64_t tick = slot.tick;
  // Referred to before the oldest tick lets go, so that a hold keeps its buffer even in the shortest ring.
  if (!isReserved(slot.buffer)) {
    pool_.refer(slot.buffer);
    slot.buffer_generation = store_.generation(slot.buffer);
  }
  retireUpTo(tick - h.lead_ticks - h.history_ticks);
  slotBuffers_[static_cast<std::size_t>(tick % h.slot_count)] = slot.buffer;

  slot.house_time_ns = grid_.tickTime(tick);
  slot.sample_start = grid_.sampleAt(tick);
  slot.sample_count = grid_.samplesIn(tick);
  slot.commit_mono_ns = monoNow();
  store_.storeSound(slot.sample_start, slot.sample_count, sound);
  noteSound(sound, slot.sample_count);
  store_.storeSlot(slot, ancillary);
  store_.publish(tick);
}

void TickPublisher::retireUpTo(std::int64_t oldest) {
  const std::int64_t from = store_.oldest();
  if (oldest <= from) return;
  store_.retire(oldest);
  for (std::int64_t retired = from; retired < oldest; ++retired) {
    std::uint32_t& buffer = slotBuffers_[static_cast<std::size_t>(retired % store_.header().slot_count)];
    if (!isReserved(buffer)) pool_.unrefer(buffer);
    buffer = RVFB_BUFFER_BLACK;
  }
}

std::uint32_t TickPublisher::fadeLength(std::uint32_t samples) const {
  return std::min(samples, grid_.sampleRate / kFadesPerSecond);
}

float* TickPublisher::fadeChannel(std::size_t channel) {
  float* const at = fade_.data() + channel * grid_.samplesMax();
  fadeChannels_[channel] = at;
  return at;
}

const float* const* TickPublisher::fadeOut(std::int64_t tick) {
  if (std::all_of(lastSample_.begin(), lastSample_.end(), [](float sample) { return sample == 0; }))
    return nullptr;
  const std::uint32_t samples = grid_.samplesIn(tick);
  const std::uint32_t length = fadeLength(samples);
  for (std::size_t c = 0; c < fadeChannels_.size(); ++c) {
    float* const channel = fadeChannel(c);
    std::fill(channel, channel + samples, 0.0f);
    for (std::uint32_t i = 0; i < length; ++i) {
      channel[i] = lastSample_[c] * static_cast<float>(length - 1 - i) / static_cast<float>(length);
    }
  }
  return fadeChannels_.data();
}

const float* const* TickPublisher::fadeIn(const float* const* sound, rvfb_slot& slot) {
  const std::uint32_t samples = grid_.samplesIn(slot.tick);
  const std::uint32_t length = fadeLength(samples);
  bool steps = false;
  for (std::size_t c = 0; c < fadeChannels_.size(); ++c) {
    float* const channel = fadeChannel(c);
    // Copied before it is looked at: it is the worker's memory.
    std::copy(sound[c], sound[c] + samples, channel);
    steps = steps || (samples > 0 && channel[0] != 0);
    for (std::uint32_t i = 0; i < length; ++i)
      channel[i] *= static_cast<float>(i) / static_cast<float>(length);
  }
  if (!steps) return sound;
  slot.silent_samples = std::max(slot.silent_samples, length);
  return fadeChannels_.data();
}

void TickPublisher::noteSound(const float* const* sound, std::uint32_t samples) {
  for (std::size_t c = 0; c < lastSample_.size(); ++c) {
    const float last = sound == nullptr || samples == 0 ? 0.0f : sound[c][samples - 1];
    lastSample_[c] = std::isfinite(last) ? last : 0.0f;
  }
}

}  // namespace retrovue::framebus
