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
/// left. Of N source samples exactly ceil(N · house / source rate) come out in all; where the source changes on the way, the
/// parts' lengths are added up before they are rounded, so that however many changes there are, sound stays in its place.
///
/// Not for several threads. Allocates while its store grows to what is kept ready, then no more.
class SoundStream {
 public:
  static Expected<std::unique_ptr<SoundStream>> open(const SoundSpec& spec);
  ~SoundStream();

  /// What is pushed from now on has this rate and so many channels: what the resampler holds of the sound before is given out
  /// first. Channels are those of the layout that it was opened with where that has as many, else guessed by number. The same
  /// rate and channels change nothing. `UnsupportedMedia` for what cannot be converted; it then goes on as it was.
  Expected<void> changeSource(int sourceRate, int sourceChannels);
  /// Copies a block in; what is no number is silence, what is infinite full scale. `UnsupportedMedia` where libswresample fails.
  Expected<void> push(const float* const* channels, int samples);
  /// No more will come: gives out what the resampler holds. Idempotent.
  Expected<void> end();

  /// House samples that are ready.
  std::int64_t available() const { return static_cast<std::int64_t>(count_ - head_); }
  /// House samples still to be pushed before `samples` are ready.
  std::int64_t debt(std::int64_t samples) const;
  int channels() const { return spec_.houseChannels; }

  /// Takes `samples` (never more than are ready) into `into`, with gain, then a linear ramp from its first sample to just
  /// past its last. At 0 dB and without a ramp samples of the house's own format are bit-exact.
  void pull(float* const* into, int samples, double gainDb, double rampFrom, double rampTo);

 private:
  struct FreeSwr {
    void operator()(SwrContext* context) const;
  };

  /// What stands between one source and the house.
  struct Conversion {
    std::unique_ptr<SwrContext, FreeSwr> swr;  ///< null where samples are the house's already
    int filterSamples = 0;  ///< source samples that the resampler wants beyond the one it makes
  };
  /// Samples of one kind that lie together in the store.
  struct Run {
    int samples;
    bool isConverted;
  };

  explicit SoundStream(const SoundSpec& spec);
  static Expected<Conversion> conversionFor(const SoundSpec& spec);
  void makeRoom(std::size_t samples);
  Expected<void> convert(const float* const* channels, int samples);
  const float* const* mended(const float* const* channels, std::size_t samples);
  /// Gives out what the resampler holds, and brings the part to its length.
  Expected<void> drain();
  void add(int samples);
  std::int64_t totalOf(std::int64_t sourceSamples) const;

  SoundSpec spec_;
  Conversion conversion_;
  Limiter limiter_;
  /// Source samples in and house samples out since the source last changed.
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
  /// By how much of a house sample, from 0 to below 1, the parts before came out longer than they are.
  double over_ = 0;
  bool ended_ = false;
  /// House samples `[head_, count_)` of each channel are ready.
  std::vector<std::vector<float>> store_;
  /// What these are, in order.
  std::vector<Run> runs_;
  /// A block that holds what is no sound, without it.
  std::vector<float> mended_;
  std::vector<const float*> mendedChannels_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace retrovue::conform
