#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "limiter.h"
#include "retrovue/expected.h"

struct SwrContext;

namespace retrovue::conform {

/// What comes in and what is wanted.
struct SoundSpec {
  int sourceRate = 0;
  int sourceChannels = 0;
  /// libav's name of the layout; one that it does not know, or that has another number of channels, is guessed by number.
  std::string layout;
  int houseRate = 0;
  int houseChannels = 0;
};

/// One asset's running sound on its way to house sound: remixed by libswresample's standard coefficients and resampled by
/// it; where rate and layout are the house's already, neither. The first sample out is the first one in: no delay is
/// left. Of N source samples exactly ceil(N · house / source rate) come out in all.
///
/// Not for several threads. Allocates while its store grows to what is kept ready, then no more.
class SoundStream {
 public:
  static Expected<std::unique_ptr<SoundStream>> open(const SoundSpec& spec);
  ~SoundStream();

  /// Copies a block in; what is no number is silence, what is infinite full scale. `UnsupportedMedia` where libswresample fails.
  Expected<void> push(const float* const* channels, int samples);
  /// No more will come: gives out what the resampler holds. Idempotent.
  Expected<void> end();

  /// House samples that are ready.
  std::int64_t available() const { return static_cast<std::int64_t>(count_ - head_); }
  /// House samples still to be pushed before `samples` are ready.
  std::int64_t debt(std::int64_t samples) const;
  int channels() const { return spec_.houseChannels; }
  int sourceChannels() const { return spec_.sourceChannels; }

  /// Takes `samples` (never more than are ready) into `into`, with gain, then a linear ramp from its first sample to just
  /// past its last. At 0 dB and without a ramp samples of the house's own format are bit-exact.
  void pull(float* const* into, int samples, double gainDb, double rampFrom, double rampTo);

 private:
  struct FreeSwr {
    void operator()(SwrContext* context) const;
  };

  explicit SoundStream(const SoundSpec& spec);
  Expected<void> setUp();
  void makeRoom(std::size_t samples);
  Expected<void> convert(const float* const* channels, int samples);
  const float* const* mended(const float* const* channels, std::size_t samples);
  std::int64_t totalOf(std::int64_t sourceSamples) const;

  const SoundSpec spec_;
  std::unique_ptr<SwrContext, FreeSwr> swr_;  ///< null where samples are the house's already
  Limiter limiter_;
  int filterSamples_ = 0;  ///< source samples that the resampler wants beyond the one it makes
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
  bool ended_ = false;
  /// House samples `[head_, count_)` of each channel are ready.
  std::vector<std::vector<float>> store_;
  /// A block that holds what is no sound, without it.
  std::vector<float> mended_;
  std::vector<const float*> mendedChannels_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace retrovue::conform
