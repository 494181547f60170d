#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/packet_index.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace retrovue::libav {

/// What samples are. Equal formats can be read as one run.
struct SoundFormat {
  int sampleRate = 0;
  int channels = 0;
  /// libav's name, as "5.1(side)".
  std::string layout;
  bool operator==(const SoundFormat&) const = default;
};

/// A run of decoded samples: float32, one plane after another, `samples` each.
struct SoundChunk {
  SoundFormat format;
  /// Index of the first sample counted from the asset's zero at the chunk's own rate. May be negative.
  std::int64_t start = 0;
  std::int64_t samples = 0;
  std::vector<float> planes;
};

/// What a sound source is opened with.
struct SoundSourceSpec {
  std::shared_ptr<const Descriptor> descriptor;
  std::unique_ptr<MediaFile> file;
  int stream = -1;
  /// The pictures' stream, seen by the unwinder; -1 where there is none.
  int pictureStream = -1;
  /// As found when the asset was opened: this reader's own file may know only its header.
  CodecParametersPtr parameters;
  AVRational timeBase{1, 1};
  /// The container's time of media time zero, in ns; nothing where the first sound is zero.
  std::optional<std::int64_t> zeroNs;
  MediaLimits limits;
  std::shared_ptr<PacketIndex> index;
};

/// Demuxes and decodes the sound of a file into samples that know their place. Belongs to one thread.
///
/// A sample's place comes from libav's timestamps, once; from then on samples are counted. Where timestamps
/// leave the count by more than a jitter, the place is taken anew. After a seek the place is exact to the
/// sample too: rounded timestamps are brought back to the grid of the codec's frames, or to places learnt on
/// the way from the start.
class SoundSource {
 public:
  static Expected<std::unique_ptr<SoundSource>> open(SoundSourceSpec spec, Interrupt& interrupt,
                                                     const BreadcrumbTrail& trail);

  /// Fills `into` (whose memory is used again) with the next samples, or with none where a long stretch of
  /// the file held none; false at the end.
  Expected<bool> next(SoundChunk& into);
  /// Moves to where decoding gives the samples from `target` (ns) on: earlier ones may come first.
  Expected<void> seek(std::int64_t target);
  const char* codecName() const { return avcodec_get_name(codec_->codec_id); }
  MediaFile& file() { return *spec_.file; }

 private:
  SoundSource(SoundSourceSpec spec, Interrupt& interrupt, const BreadcrumbTrail& trail);
  Expected<bool> feed();
  Expected<void> toStart();
  /// What a move came to: a packet at or before the target; none in minutes before it, nor after; or it cannot be done.
  enum class Landing { before, afterLast, nowhere };
  Expected<Landing> landBefore(std::int64_t target);
  std::int64_t timestampAt(std::int64_t time) const;
  bool place(const AVFrame& frame, std::int64_t& start);
  std::int64_t snapped(std::int64_t estimate, std::int64_t tolerance, std::int64_t samples) const;
  void learn(const AVFrame& frame, std::int64_t start);
  bool convert(const AVFrame& frame, SoundChunk& into);

  SoundSourceSpec spec_;
  Interrupt& interrupt_;
  const BreadcrumbTrail& trail_;
  CodecContextPtr codec_;
  ResamplerPtr converter_;
  SoundFormat format_;
  int sampleFormat_ = AV_SAMPLE_FMT_NONE;
  PacketPtr packet_ = makePacket();
  FramePtr frame_ = makeFrame();
  PacketUnwinder unwinder_;
  bool packetWaits_ = false;
  bool draining_ = false;
  /// From this byte of the file on there is none of the stream, as far as has been seen.
  std::int64_t silentFrom_ = INT64_MAX;
  int errors_ = 0;
  int foreign_ = 0;
  std::int64_t firstTimestamp_ = AV_NOPTS_VALUE;

  /// Where the next frame begins if nothing is missing; nothing right after a seek.
  std::optional<std::int64_t> expected_;
  /// All frames since the start have been seen, so their places are certain.
  bool fromStart_ = true;
  /// Ends of frames lie at `gridEnd_` + n · `gridStep_`; step 0 while unknown or where frames differ in
  /// length.
  std::int64_t gridEnd_ = 0;
  std::int64_t gridStep_ = 0;
  int gridSeen_ = 0;
  /// Places of frames of streams without such a grid and with rough timestamps, in order.
  struct Known {
    std::int64_t timestamp;
    std::int64_t start;
  };
  std::vector<Known> known_;
  bool keepsPlaces_ = false;
  /// By how many samples timestamps were off the count on the way from the start, where that is rounding.
  std::int64_t rounding_ = 0;
};

}  // namespace retrovue::libav
