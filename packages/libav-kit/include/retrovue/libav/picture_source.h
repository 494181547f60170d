#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/device_session.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/load_watch.h>
#include <retrovue/libav/loaned_buffers.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/packet_index.h>
#include <retrovue/libav/picture_format.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace retrovue::libav {

/// The slack of "the picture shown at" a time (docs/timing.md): timestamps rounded to 1 ms select the same
/// pictures.
constexpr std::int64_t shownSlackNs = 2'000'000;

/// A decoded picture. The frame owns its pixels, by reference.
struct Picture {
  FramePtr frame;
  PictureFormat format;
  /// From the asset's zero, in ns.
  std::int64_t time = 0;
  /// ns; negative where the asset does not say.
  std::int64_t duration = -1;
  /// Until when it is shown if nothing follows, by its duration or else the usual one; a still has no end.
  std::int64_t end = INT64_MAX;
  /// The container's own, AV_NOPTS_VALUE where it has none.
  std::int64_t sourcePts = AV_NOPTS_VALUE;
  bool concealed = false;
  /// The loaned buffer in which it lies, if it does.
  std::optional<LoanedBuffers::Place> place;
  /// How often the codec's parameters had changed; 0 where software decodes.
  int parameters = 0;
};

/// What a picture source is opened with.
struct PictureSourceSpec {
  std::shared_ptr<const Descriptor> descriptor;
  std::unique_ptr<MediaFile> file;
  int stream = -1;
  /// The sound's stream, seen by the unwinder; -1 where there is none.
  int soundStream = -1;
  /// 0: one while that keeps up. A seek takes up more where it did not.
  int threads = 0;
  /// Where nothing is configured: what an earlier opening of the same asset came to; 0 where there was none.
  int threadsLearnt = 0;
  /// `LoadWatch`: how much of a picture's time decoding it may take.
  double keepUpShare = 0.8;
  /// Where what is learnt of it is left for later openings; may be null.
  std::shared_ptr<std::atomic<int>> threadsWanted;
  MediaLimits limits;
  /// Shared with the sound source; null where the file needs none.
  std::shared_ptr<PacketIndex> index;
  /// What to decode into; null for memory of the decoder's own.
  std::shared_ptr<LoanedBuffers> buffers;
  /// Where the pictures are decoded; null for software.
  std::shared_ptr<HardwareDevice> device;
};

/// Demuxes and decodes the pictures of a file in presentation order, on continuous media time. Belongs to one
/// thread; sound has a reader of its own, so that neither ever waits for the other.
class PictureSource {
 public:
  static Expected<std::unique_ptr<PictureSource>> open(PictureSourceSpec spec, Interrupt& interrupt,
                                                       const BreadcrumbTrail& trail);

  /// The next picture, nothing at the end. Pictures that are over well before `wanted` may be left out where
  /// that saves work; pass INT64_MIN to get each.
  Expected<std::optional<Picture>> next(std::int64_t wanted);
  /// Moves to a picture from which decoding gives the one shown at `target` (ns): pictures that come first
  /// may be earlier than it and are the caller's to drop, never later (unless the asset begins later).
  Expected<void> seek(std::int64_t target);
  /// The container's timestamp of media time zero, in ns of the container's (unwound) time.
  std::int64_t zeroNs() const { return av_rescale_q(*zero_, timeBase_, {1, 1'000'000'000}); }
  bool zeroKnown() const { return zero_.has_value(); }
  AVRational timeBase() const { return timeBase_; }
  const AVStream& stream() { return *spec_.file->context().streams[spec_.stream]; }
  MediaFile& file() { return *spec_.file; }
  const char* codecName() const { return avcodec_get_name(codec_->codec_id); }
  const char* decoderName() const { return codec_->codec->name; }
  /// What the stream asks of a decoder, as far as its pictures have told.
  StreamNeeds needs() const { return needs_; }
  /// Ends where the asset's pictures end, by the container's word; negative where it says nothing.
  std::int64_t statedEnd() const { return statedEnd_; }

 private:
  PictureSource(PictureSourceSpec spec, Interrupt& interrupt, const BreadcrumbTrail& trail);
  Expected<bool> feed(std::int64_t wanted);
  std::optional<Failure> failureOf(int status);
  void learnNeeds(const AVFrame& frame);
  Expected<bool> readPacket();
  Expected<void> reopen();
  Expected<bool> seekTo(std::int64_t timestamp);
  Expected<bool> findKey();
  Expected<bool> leadsTo(std::int64_t target);
  std::optional<Picture> take(FramePtr frame);
  FramePtr asPortFormat(FramePtr frame);
  std::int64_t timeOf(std::int64_t timestamp) const;
  std::int64_t timestampAt(std::int64_t time) const;
  void learnTiming();
  void noteLoad(std::int64_t time);
  void takeUpThreads();

  PictureSourceSpec spec_;
  Interrupt& interrupt_;
  const BreadcrumbTrail& trail_;
  /// Null where software decodes. The codec refers to it.
  std::unique_ptr<DeviceSession> device_;
  CodecContextPtr codec_;
  StreamNeeds needs_;
  /// The stream's, as it was opened first.
  CodecParametersPtr parameters_;
  int threads_ = 1;
  LoadWatch load_{spec_.keepUpShare};
  /// In the decoder since the last picture.
  std::int64_t spentNs_ = 0;
  PacketPtr packet_ = makePacket();
  AVRational timeBase_{1, 1};
  AVRational rate_{0, 1};
  int rotation_ = 0;
  /// As last told; frames say it at key pictures alone.
  StatedLight light_;
  PacketUnwinder unwinder_;
  std::optional<std::int64_t> zero_;
  std::int64_t firstDts_ = AV_NOPTS_VALUE;
  /// Where the file says only when packets are decoded (AVI): how much later the first picture came out, in its time base.
  std::int64_t reorderDelay_ = 0;
  std::int64_t statedEnd_ = -1;
  /// A packet that a seek has looked at and not yet given to the decoder.
  bool packetWaits_ = false;
  bool draining_ = false;
  /// Pictures before this one came out of a decoder that began in the middle.
  std::int64_t notBeforeNs_ = INT64_MIN;
  std::int64_t lastTime_ = INT64_MIN;
  std::int64_t count_ = 0;
  int errors_ = 0;
  bool concealNext_ = false;
  ScalerPtr scaler_;
  AVPixelFormat scalerFrom_ = AV_PIX_FMT_NONE;
  int scalerWidth_ = 0;
  int scalerHeight_ = 0;
};

}  // namespace retrovue::libav
