#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>

#include <vector>

#include "encode_spec.h"
#include "stream_unit.h"

namespace retrovue::renderer {

/// One sound encoder for a channel's life. Its frames begin at the sample indices divisible by their length, counted from
/// the epoch, so a restarted encoder cuts sound at the same places. Units carry the index of the sample that a decoder
/// gives first, so what encoder and decoder delay is made good by itself. One thread at a time.
class SoundEncoder {
 public:
  /// As `PictureEncoder::open`.
  static Expected<SoundEncoder> open(const EncodeSpec& spec);

  /// Sound from sample `start` on. What lies between it and the last sound is silence (up to two seconds; beyond, the line
  /// begins anew at `start`), which sound fades out to and in from over 5 ms; what was there already is skipped.
  ///
  /// @param channels one run of `samples` for each channel; null for silence. What in them is no number is silence, what is louder
  /// than any sound full scale.
  Expected<void> encode(std::int64_t start, const float* const* channels, std::uint32_t samples, StreamUnits& into);

  std::int64_t frameSamples() const { return frameSamples_; }

 private:
  SoundEncoder(const EncodeSpec& spec, libav::CodecContextPtr context, libav::FramePtr frame);
  Expected<void> append(const float* const* channels, std::int64_t offset, std::int64_t samples, StreamUnits& into);
  Expected<void> flushFrame(StreamUnits& into);
  /// The next samples of a channel: `from`, or silence where that is null, without a step between the two.
  const float* shaped(const float* from, std::size_t channel, std::int64_t samples);
  void aged(bool isSound, std::int64_t samples);

  std::int64_t silenceMax_;
  std::int64_t frameSamples_;
  libav::CodecContextPtr context_;
  libav::FramePtr frame_;
  /// The sample that comes next; -1 before the first. The frame under way began at a multiple of `frameSamples_`.
  std::int64_t next_ = -1;
  /// Samples that a fade takes.
  std::int64_t fade_;
  /// How far the fade to silence has got, and the one back; at `fade_` both are done.
  std::int64_t faded_, back_;
  bool hasSound_ = false;
  /// What each channel's sound ended with.
  std::vector<float> last_;
  std::vector<float> shaped_;
};

}  // namespace retrovue::renderer
