#include <retrovue/libav/codec.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/sound_source.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace retrovue::libav {

namespace {

constexpr AVRational nanosecond{1, 1'000'000'000};
/// Timestamps may be off the count of samples by this much before they are believed: twice what Matroska's
/// rounding and common muxers' jitter come to.
constexpr std::int64_t jitterNs = 20'000'000;
/// Timestamps in a fine unit may have been rounded to a coarse one all the same, before they were written: to milliseconds.
constexpr std::int64_t roundedNsMax = 1'000'000;
/// Decoders that lean on what was before get this much to settle: MP3's bit reservoir is the longest (0.25
/// s).
constexpr std::int64_t settleNs = 300'000'000;
/// The others begin this much early all the same: a rounded timestamp may lie before its first sample.
constexpr std::int64_t roundingNs = 20'000'000;
constexpr int errorsMax = 500;
/// Packets of other streams read in search of one of ours before the caller may think again: a second or more
/// of a file.
constexpr int foreignMax = 500;
constexpr int stepsMax = 10;
/// Places remembered of a stream without a grid: 16 bytes each, an hour or more.
constexpr std::size_t knownMax = 1 << 20;
/// How far beyond what is known a seek decodes to stay exact, rather than to trust a rough timestamp.
constexpr std::int64_t decodeOnNs = 1'200'000'000'000;

bool isVariable(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_VORBIS:
    case AV_CODEC_ID_WMAV1:
    case AV_CODEC_ID_WMAV2:
    case AV_CODEC_ID_WMAPRO:
      return true;
    default:
      return false;
  }
}

bool needsSettling(AVCodecID codec) {
  const AVCodecDescriptor* it = avcodec_descriptor_get(codec);
  return it == nullptr || (it->props & AV_CODEC_PROP_LOSSLESS) == 0;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  return ((a % b) + b) % b;
}

}  // namespace

SoundSource::SoundSource(SoundSourceSpec spec, Interrupt& interrupt, const BreadcrumbTrail& trail)
    : spec_(std::move(spec)), interrupt_(interrupt), trail_(trail) {}

Expected<std::unique_ptr<SoundSource>> SoundSource::open(SoundSourceSpec spec, Interrupt& interrupt,
                                                         const BreadcrumbTrail& trail) {
  std::unique_ptr<SoundSource> source(new SoundSource(std::move(spec), interrupt, trail));
  if (source->packet_ == nullptr || source->frame_ == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening");
  auto codec = openCodec(*source->spec_.parameters, source->spec_.timeBase, 1, source->spec_.limits);
  if (!codec) return codec.failure();
  source->codec_ = std::move(*codec);
  keepOnly(source->spec_.file->context(), source->spec_.stream,
           source->spec_.file->seekBy() == SeekBy::packetIndex ? source->spec_.pictureStream : -1);
  return source;
}

Expected<bool> SoundSource::feed() {
  while (!packetWaits_) {
    av_packet_unref(packet_.get());
    trail_.at(Activity::reading);
    auto read = spec_.file->read(*packet_);
    if (!read) return read;
    if (!*read) {
      draining_ = true;
      avcodec_send_packet(codec_.get(), nullptr);
      return true;
    }
    const bool isOurs = packet_->stream_index == spec_.stream;
    if (spec_.file->seekBy() == SeekBy::packetIndex) unwinder_.take(*packet_, {spec_.pictureStream, spec_.stream});
    packetWaits_ = isOurs;
    if (!isOurs && ++foreign_ >= foreignMax) return true;
  }
  packetWaits_ = false;
  foreign_ = 0;
  if (firstTimestamp_ == AV_NOPTS_VALUE)
    firstTimestamp_ = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
  interrupt_.arm(spec_.limits.ioTimeoutNs);
  trail_.at(Activity::decoding);
  const int sent = avcodec_send_packet(codec_.get(), packet_.get());
  av_packet_unref(packet_.get());
  if (sent < 0 && (++errors_ > errorsMax || sent == AVERROR(ENOMEM))) {
    return libavFailure(sent, "Decoding sound", "MediaCorrupt");
  }
  return true;
}

Expected<bool> SoundSource::next(SoundChunk& into) {
  for (;;) {
    if (interrupt_.cancelled()) return Failure{"Cancelled", "Decoding was given up.", 0};
    const int got = avcodec_receive_frame(codec_.get(), frame_.get());
    if (got == 0) {
      errors_ = 0;
      const AVFrame& frame = *frame_;
      std::int64_t start = 0;
      const bool isUsable = frame.nb_samples > 0 && frame.sample_rate > 0 &&
                            frame.ch_layout.nb_channels > 0 &&
                            frame.ch_layout.nb_channels <= spec_.limits.soundChannelsMax;
      if (!isUsable || !place(frame, start)) continue;
      learn(frame, start);
      expected_ = start + frame.nb_samples;
      into.start = start;
      if (!convert(frame, into)) return libavFailure(AVERROR(ENOMEM), "Converting sound");
      trail_.at(Activity::decoding, av_rescale(start, nanosecond.den, frame.sample_rate));
      return true;
    }
    if (got == AVERROR_EOF) return false;
    if (got != AVERROR(EAGAIN) && (++errors_ > errorsMax || got == AVERROR(ENOMEM))) {
      return libavFailure(got, "Decoding sound", "MediaCorrupt");
    }
    if (draining_) {
      if (got == AVERROR(EAGAIN)) return false;
      continue;
    }
    if (auto fed = feed(); !fed) return fed;
    if (foreign_ >= foreignMax) {
      foreign_ = 0;
      into.samples = 0;
      return true;
    }
  }
}

/// Finds a frame's place. False for frames that come too early after a seek to have a certain one.
bool SoundSource::place(const AVFrame& frame, std::int64_t& start) {
  const int rate = frame.sample_rate;
  if (frame.pts == AV_NOPTS_VALUE || spec_.file->seekBy() == SeekBy::start) {
    // Raw streams, and frames without a time, follow what was before.
    if (!spec_.zeroNs) spec_.zeroNs = 0;
    start = expected_.value_or(0);
    return expected_.has_value() || fromStart_;
  }
  const std::int64_t at = av_rescale_q(frame.pts, spec_.timeBase, nanosecond);
  if (!spec_.zeroNs) spec_.zeroNs = at;
  const std::int64_t estimate = av_rescale(at - *spec_.zeroNs, rate, nanosecond.den);
  if (expected_) {
    const std::int64_t jitter = av_rescale(jitterNs, rate, nanosecond.den);
    const std::int64_t off = std::abs(estimate - *expected_);
    start = off <= jitter ? *expected_ : estimate;
    if (fromStart_ && off <= av_rescale(roundedNsMax, rate, nanosecond.den)) rounding_ = std::max(rounding_, off);
    return true;
  }
  // Where the container counts in samples, or finer, its word is exact; and a seek may land between frames.
  const bool isRough = av_cmp_q(spec_.timeBase, {1, rate}) > 0 || spec_.file->seekBy() == SeekBy::packetIndex ||
                       rounding_ > 1;
  // How rough, in samples: a unit, and two samples of rounding on the way; or what was seen, either way.
  const std::int64_t tolerance =
      std::max(av_rescale_q(1, spec_.timeBase, {1, rate}) + 2, rounding_ > 1 ? 2 * rounding_ + 2 : 0);
  start = isRough ? snapped(estimate, tolerance, frame.nb_samples) : estimate;
  if (keepsPlaces_ && !fromStart_) {
    const auto found = std::lower_bound(known_.begin(), known_.end(), frame.pts,
                                        [](const Known& it, std::int64_t pts) { return it.timestamp < pts; });
    if (found != known_.end() && found->timestamp == frame.pts) start = found->start;
  }
  return true;
}

std::int64_t SoundSource::snapped(std::int64_t estimate, std::int64_t tolerance, std::int64_t samples) const {
  if (gridStep_ == 0 || samples != gridStep_) return estimate;
  const std::int64_t off = modulo(estimate + samples - gridEnd_, gridStep_);
  const std::int64_t down = estimate - off;
  const std::int64_t nearest = off * 2 > gridStep_ ? down + gridStep_ : down;
  return std::abs(nearest - estimate) <= tolerance ? nearest : estimate;
}

/// Learns, on the way from the start, how frames lie; later seeks find their places by it.
void SoundSource::learn(const AVFrame& frame, std::int64_t start) {
  if (!fromStart_) return;
  const bool isContiguous = !expected_ || *expected_ == start;
  constexpr int framesToBeSure = 4;
  if (gridSeen_ < framesToBeSure && !isVariable(codec_->codec_id)) {
    // The first frame may be cut by priming; those after it show the length.
    if (gridSeen_ == 0) gridEnd_ = start + frame.nb_samples;
    if (gridSeen_ == 1) gridStep_ = frame.nb_samples;
    if (gridSeen_ > 1 && gridStep_ != frame.nb_samples) gridStep_ = -1;
    if (!isContiguous) gridStep_ = -1;
    if (++gridSeen_ == framesToBeSure && gridStep_ < 0) gridStep_ = 0;
  }
  // While no grid is sure: keep places where a unit of the container's clock is longer than a sample.
  const bool hasGrid = gridSeen_ == framesToBeSure && gridStep_ > 0;
  const bool isRough = av_cmp_q(spec_.timeBase, {1, frame.sample_rate}) > 0;
  keepsPlaces_ = !hasGrid && isRough && spec_.file->seekBy() != SeekBy::start;
  if (hasGrid) known_.clear();
  const bool isNew = known_.empty() || frame.pts > known_.back().timestamp;
  if (keepsPlaces_ && isNew && frame.pts != AV_NOPTS_VALUE && known_.size() < knownMax) {
    known_.push_back({frame.pts, start});
  }
}

bool SoundSource::convert(const AVFrame& frame, SoundChunk& into) {
  const int channels = frame.ch_layout.nb_channels;
  if (sampleFormat_ != frame.format || format_.channels != channels ||
      format_.sampleRate != frame.sample_rate) {
    char layout[64] = {};
    av_channel_layout_describe(&frame.ch_layout, layout, sizeof layout);
    format_ = {frame.sample_rate, channels, layout};
    sampleFormat_ = frame.format;
    SwrContext* made = nullptr;
    // Not changed by it; const only since FFmpeg 6.1.
    auto* channelLayout = const_cast<AVChannelLayout*>(&frame.ch_layout);
    swr_alloc_set_opts2(&made, channelLayout, AV_SAMPLE_FMT_FLTP, frame.sample_rate, channelLayout,
                        static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
    converter_.reset(made);
    if (made == nullptr || swr_init(made) < 0) return false;
  }
  into.format = format_;
  into.samples = frame.nb_samples;
  const auto length = static_cast<std::size_t>(frame.nb_samples);
  into.planes.resize(length * static_cast<std::size_t>(channels));
  if (frame.format == AV_SAMPLE_FMT_FLTP) {
    for (int c = 0; c < channels; c++) {
      std::memcpy(&into.planes[length * static_cast<std::size_t>(c)], frame.extended_data[c],
                  length * sizeof(float));
    }
    return true;
  }
  std::vector<std::uint8_t*> planes;
  for (int c = 0; c < channels; c++) {
    planes.push_back(reinterpret_cast<std::uint8_t*>(&into.planes[length * static_cast<std::size_t>(c)]));
  }
  const int converted = swr_convert(converter_.get(), planes.data(), frame.nb_samples,
                                    const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
  return converted == frame.nb_samples;
}

std::int64_t SoundSource::timestampAt(std::int64_t time) const {
  return av_rescale_q_rnd(time + spec_.zeroNs.value_or(0), nanosecond, spec_.timeBase, AV_ROUND_DOWN);
}

Expected<void> SoundSource::toStart() {
  fromStart_ = true;
  unwinder_.goToStart();
  // Opened anew: only so does every demuxer say again which samples are priming.
  auto file = MediaFile::openAgain(spec_.descriptor, interrupt_, spec_.limits,
                                   std::max(spec_.stream, spec_.pictureStream) + 1);
  if (!file) return file.failure();
  spec_.file = std::move(*file);
  spec_.file->endAt(silentFrom_);
  keepOnly(spec_.file->context(), spec_.stream,
           spec_.file->seekBy() == SeekBy::packetIndex ? spec_.pictureStream : -1);
  return {};
}

/// Moves so that the first packet lies at or before `target` (ns).
Expected<SoundSource::Landing> SoundSource::landBefore(std::int64_t target) {
  // Containers that index pictures alone are asked by their pictures.
  const bool byPictures = spec_.file->container() == "matroska" && spec_.pictureStream >= 0;
  Landing landing = Landing::nowhere;
  std::int64_t timestamp = timestampAt(target);
  std::int64_t step = std::max<std::int64_t>(1, av_rescale_q(500'000'000, nanosecond, spec_.timeBase));
  // Where a landing lay from which no sound was found.
  std::int64_t later = INT64_MAX;
  for (int i = 0; i < stepsMax; i++) {
    if (spec_.file->seekBy() == SeekBy::packetIndex && spec_.index != nullptr) {
      auto entry = spec_.index->find(spec_.stream, timestamp, interrupt_);
      if (!entry) return entry.failure();
      if (!*entry) return Landing::nowhere;
      if (auto moved = spec_.file->seekByte((*entry)->position); !moved) return moved.failure();
      unwinder_.goTo(**entry, spec_.stream);
    } else {
      const int stream = byPictures ? spec_.pictureStream : spec_.stream;
      const AVRational base = spec_.file->context().streams[stream]->time_base;
      // The index lies at the end of the file.
      spec_.file->endAt(INT64_MAX);
      auto moved = spec_.file->seek(stream, av_rescale_q_rnd(timestamp, spec_.timeBase, base, AV_ROUND_DOWN));
      spec_.file->endAt(silentFrom_);
      if (!moved) {
        if (interrupt_.tripped() || spec_.file->isUnreadable()) return moved.failure();
        return Landing::nowhere;
      }
    }
    packetWaits_ = false;
    const std::int64_t position = spec_.file->position();
    for (;;) {
      av_packet_unref(packet_.get());
      auto read = spec_.file->read(*packet_);
      if (!read) return read.failure();
      if (!*read) break;
      const bool isOurs = packet_->stream_index == spec_.stream;
      if (spec_.file->seekBy() == SeekBy::packetIndex) unwinder_.take(*packet_, {spec_.pictureStream, spec_.stream});
      if (!isOurs || (packet_->pts == AV_NOPTS_VALUE && packet_->dts == AV_NOPTS_VALUE)) continue;
      packetWaits_ = true;
      break;
    }
    const std::int64_t landed = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
    if (packetWaits_ && landed <= timestampAt(target)) return Landing::before;
    if (!packetWaits_ && byPictures && position < later) {
      // No sound from the key picture on. That is not its cluster's first, where this has read from: what lies there before it was
      // passed over. But all of the cluster of the landing before has been read now: nobody needs to do that again, now or later.
      silentFrom_ = std::min(silentFrom_, later);
      spec_.file->endAt(silentFrom_);
      later = position;
    }
    landing = byPictures && !packetWaits_ ? Landing::afterLast : Landing::nowhere;
    timestamp -= step;
    step *= 2;
  }
  return landing;
}

Expected<void> SoundSource::seek(std::int64_t target) {
  trail_.at(Activity::seeking, target);
  avcodec_flush_buffers(codec_.get());
  av_packet_unref(packet_.get());
  packetWaits_ = false;
  draining_ = false;
  errors_ = 0;
  expected_.reset();
  std::int64_t from = target - (needsSettling(codec_->codec_id) ? settleNs : roundingNs);
  if (keepsPlaces_ && !known_.empty() && format_.sampleRate > 0) {
    // Begin at a place that is known, and stay exact by counting.
    const std::int64_t last = av_rescale(known_.back().start, nanosecond.den, format_.sampleRate) - settleNs;
    if (from > last && from - last < decodeOnNs) from = last;
  }
  if (from <= 0 || spec_.file->seekBy() == SeekBy::start) return toStart();
  fromStart_ = false;
  auto landed = landBefore(from);
  if (!landed) return landed.failure();
  if (*landed == Landing::before) return {};
  if (*landed == Landing::afterLast) {
    draining_ = true;
    return {};
  }
  av_packet_unref(packet_.get());
  packetWaits_ = false;
  return toStart();
}

}  // namespace retrovue::libav
