#include <retrovue/libav/codec.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/picture_source.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace retrovue::libav {

namespace {

constexpr AVRational nanosecond{1, 1'000'000'000};
/// Pictures this far before the wanted one may be left undecoded where nothing refers to them: far enough
/// that the wanted one's own start is never among them, whatever the rate.
constexpr std::int64_t skipMarginNs = 2'000'000'000;
/// Packets in a row that a decoder may refuse before the asset counts as broken: some seconds of pictures.
constexpr int errorsMax = 250;
/// A file that says nothing of its rate is shown at this.
constexpr AVRational rateDefault{25, 1};

std::int64_t durationOf(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

/// "01:02:03.456789" in ns; nothing where it is no such thing, or longer than anybody plays.
std::optional<std::int64_t> durationIn(const char* tag) {
  // Four digits each: what a tag says must not overflow what it is read into.
  int hours = 0;
  int minutes = 0;
  double seconds = 0;
  if (std::sscanf(tag, "%4d:%4d:%lf", &hours, &minutes, &seconds) != 3) return std::nullopt;
  // Written so that a "nan" fails it.
  if (hours < 0 || minutes < 0 || !(seconds >= 0 && seconds < 1e6)) return std::nullopt;
  return (hours * 3600LL + minutes * 60LL) * 1'000'000'000LL + static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

PictureSource::PictureSource(PictureSourceSpec spec, Interrupt& interrupt, const BreadcrumbTrail& trail)
    : spec_(std::move(spec)), interrupt_(interrupt), trail_(trail) {}

Expected<std::unique_ptr<PictureSource>> PictureSource::open(PictureSourceSpec spec, Interrupt& interrupt,
                                                             const BreadcrumbTrail& trail) {
  std::unique_ptr<PictureSource> source(new PictureSource(std::move(spec), interrupt, trail));
  AVFormatContext& context = source->spec_.file->context();
  AVStream& stream = *context.streams[source->spec_.stream];
  source->timeBase_ = stream.time_base;
  source->rate_ = av_guess_frame_rate(&context, &stream, nullptr);
  source->rotation_ = rotationOf(stream);
  source->light_ = lightOf(stream);
  const PictureSourceSpec& given = source->spec_;
  source->threads_ =
      given.threads > 0
          ? given.threads
          : std::clamp(given.threadsLearnt, threadsFor(*stream.codecpar, source->rate_), threadsAtMost());
  source->parameters_ = copyOf(*stream.codecpar);
  if (source->parameters_ == nullptr || source->packet_ == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening");
  if (given.device != nullptr) {
    auto begun = given.device->begin();
    if (!begun) return begun.failure();
    source->device_ = std::move(*begun);
  }
  auto codec = openCodec(*stream.codecpar, stream.time_base, source->threads_, given.limits,
                         given.buffers.get(), source->device_.get());
  if (!codec) return codec.failure();
  source->codec_ = std::move(*codec);
  keepOnly(context, source->spec_.stream,
           source->spec_.file->seekBy() == SeekBy::packetIndex ? source->spec_.soundStream : -1);
  return source;
}

std::int64_t PictureSource::timeOf(std::int64_t timestamp) const {
  return av_rescale_q_rnd(timestamp - zero_.value_or(0), timeBase_, nanosecond, AV_ROUND_DOWN);
}

std::int64_t PictureSource::timestampAt(std::int64_t time) const {
  return zero_.value_or(0) + av_rescale_q_rnd(time, nanosecond, timeBase_, AV_ROUND_DOWN);
}

/// Once the first picture is there: where the asset ends by the container's word.
void PictureSource::learnTiming() {
  if (spec_.file->isStill()) return;
  AVFormatContext& context = spec_.file->context();
  const AVStream& stream = *context.streams[spec_.stream];
  std::int64_t end = AV_NOPTS_VALUE;
  // Matroska keeps a stream's own length in a tag alone.
  const AVDictionaryEntry* tag = av_dict_get(stream.metadata, "DURATION", nullptr, 0);
  if (const auto stated = tag != nullptr ? durationIn(tag->value) : std::nullopt) {
    statedEnd_ = *stated;
    // FFmpeg's own muxer writes there when the stream ends, the others how long it is.
    const AVDictionaryEntry* muxer = av_dict_get(context.metadata, "encoder", nullptr, 0);
    const bool isEndTime = muxer != nullptr && std::strncmp(muxer->value, "Lavf", 4) == 0;
    if (isEndTime && statedEnd_ > zeroNs()) statedEnd_ -= zeroNs();
    return;
  }
  if (spec_.file->seekBy() == SeekBy::start) return;
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    const bool isKnown = stream.start_time != AV_NOPTS_VALUE && reorderDelay_ == 0;
    const std::int64_t start = isKnown ? stream.start_time : *zero_;
    end = av_rescale_q(av_sat_sub64(av_sat_add64(start, stream.duration), *zero_), timeBase_, nanosecond);
  } else if (context.duration != AV_NOPTS_VALUE && context.duration > 0) {
    const std::int64_t start = context.start_time != AV_NOPTS_VALUE ? context.start_time : 0;
    const std::int64_t ends = av_rescale_q(av_sat_add64(start, context.duration), {1, AV_TIME_BASE}, nanosecond);
    end = ends == INT64_MIN ? AV_NOPTS_VALUE : av_sat_sub64(ends, zeroNs());
  }
  if (end != AV_NOPTS_VALUE && end > 0) statedEnd_ = end;
}

Expected<bool> PictureSource::readPacket() {
  if (packetWaits_) {
    packetWaits_ = false;
    return true;
  }
  for (;;) {
    av_packet_unref(packet_.get());
    trail_.at(Activity::reading);
    auto read = spec_.file->read(*packet_);
    if (!read || !*read) return read;
    const bool isOurs = packet_->stream_index == spec_.stream;
    if (spec_.file->seekBy() == SeekBy::packetIndex) unwinder_.take(*packet_, {spec_.stream, spec_.soundStream});
    if (!isOurs) continue;
    if (firstDts_ == AV_NOPTS_VALUE) firstDts_ = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
    return true;
  }
}

/// Gives the decoder one packet, or its end; false if it refused the packet, which is concealed.
Expected<bool> PictureSource::feed(std::int64_t wanted) {
  auto read = readPacket();
  if (!read) return read;
  interrupt_.arm(spec_.limits.ioTimeoutNs);
  if (!*read) {
    draining_ = true;
    avcodec_send_packet(codec_.get(), nullptr);
    return true;
  }
  const bool isTimed =
      packet_->pts != AV_NOPTS_VALUE && zero_.has_value() && spec_.file->seekBy() != SeekBy::start;
  const std::int64_t target = statedEnd_ > 0 ? std::min(wanted, statedEnd_) : INT64_MIN;
  const std::int64_t length =
      av_rescale_q(std::max<std::int64_t>(packet_->duration, 0), timeBase_, nanosecond);
  const bool isUnseen =
      isTimed && target > INT64_MIN + skipMarginNs && timeOf(packet_->pts) + length < target - skipMarginNs;
  codec_->skip_frame = isUnseen ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
  trail_.at(Activity::decoding);
  const std::int64_t began = monoNow();
  const int sent = avcodec_send_packet(codec_.get(), packet_.get());
  spentNs_ += monoNow() - began;
  av_packet_unref(packet_.get());
  if (sent == AVERROR(ENOMEM)) return libavFailure(sent, "Decoding a picture");
  if (auto failed = failureOf(sent)) return *failed;
  if (sent < 0) {
    concealNext_ = true;
    if (++errors_ > errorsMax) return libavFailure(sent, "Decoding pictures", "MediaCorrupt");
    return false;
  }
  return true;
}

/// A device's failure ends the decoder at once; damage of the media is concealed as software conceals it.
std::optional<Failure> PictureSource::failureOf(int status) {
  return device_ != nullptr ? device_->failureOf(status) : std::nullopt;
}

/// Before its picture is brought into memory, where it says nothing of the codec's own format any more.
void PictureSource::learnNeeds(const AVFrame& frame) {
  needs_.codec = codec_->codec_id;
  needs_.profile = codec_->profile;
  needs_.width = std::max(codec_->coded_width, codec_->width);
  needs_.height = std::max(codec_->coded_height, codec_->height);
  describePixels(static_cast<AVPixelFormat>(frame.format), needs_);
}

Expected<std::optional<Picture>> PictureSource::next(std::int64_t wanted) {
  if (spec_.file->isStill() && count_ > 0) return std::optional<Picture>();
  for (;;) {
    if (interrupt_.cancelled()) return Failure{"Cancelled", "Decoding was given up.", 0};
    FramePtr frame = makeFrame();
    if (frame == nullptr) return libavFailure(AVERROR(ENOMEM), "Decoding a picture");
    const std::int64_t began = monoNow();
    const int got = avcodec_receive_frame(codec_.get(), frame.get());
    spentNs_ += monoNow() - began;
    if (got == 0) {
      errors_ = 0;
      if (device_ != nullptr) {
        auto brought = device_->bring(std::move(frame), spec_.buffers.get());
        if (!brought) return brought.failure();
        frame = std::move(*brought);
      }
      auto picture = take(std::move(frame));
      if (picture) return picture;
      continue;
    }
    if (got == AVERROR_EOF) return std::optional<Picture>();
    if (auto failed = failureOf(got)) return *failed;
    if (got != AVERROR(EAGAIN)) {
      concealNext_ = true;
      if (++errors_ > errorsMax || got == AVERROR(ENOMEM))
        return libavFailure(got, "Decoding pictures", "MediaCorrupt");
    }
    if (draining_) {
      if (got == AVERROR(EAGAIN)) return std::optional<Picture>();
      continue;
    }
    if (auto fed = feed(wanted); !fed) return fed.failure();
  }
}

std::optional<Picture> PictureSource::take(FramePtr frame) {
  const AVRational rate = rate_.num > 0 && rate_.den > 0 ? rate_ : rateDefault;
  const std::int64_t step = std::max<std::int64_t>(1, av_rescale_q(1, av_inv_q(rate), nanosecond));
  std::int64_t time = 0;
  if (spec_.file->seekBy() == SeekBy::start) {
    // Raw streams have no times worth the name: pictures are as long as the rate says.
    if (!zero_) zero_ = 0;
    time = av_rescale(count_, 1'000'000'000LL * rate.den, rate.num);
  } else if (frame->best_effort_timestamp == AV_NOPTS_VALUE) {
    if (!zero_) zero_ = 0;
    time = lastTime_ == INT64_MIN ? 0 : lastTime_ + step;
  } else {
    if (!zero_) {
      zero_ = frame->best_effort_timestamp;
      if (frame->pts == AV_NOPTS_VALUE && firstDts_ != AV_NOPTS_VALUE)
        reorderDelay_ = std::max<std::int64_t>(*zero_ - firstDts_, 0);
    }
    time = timeOf(frame->best_effort_timestamp);
  }
  if (count_ == 0) {
    learnNeeds(*frame);
    if (statedEnd_ < 0) learnTiming();
  }
  // What a decoder makes of pictures that lean on others before the place it began at is not for showing.
  if (time < notBeforeNs_) return std::nullopt;
  // Two pictures at one time, or time running back: the later one is shown after the earlier one all the
  // same.
  if (time <= lastTime_) time = lastTime_ + std::min<std::int64_t>(step, 1'000'000);
  noteLoad(time);
  lastTime_ = time;
  count_++;

  Picture picture;
  picture.time = time;
  picture.sourcePts = frame->pts;
  const std::int64_t duration = durationOf(*frame);
  if (!spec_.file->isStill()) {
    if (duration > 0) picture.duration = av_rescale_q(duration, timeBase_, nanosecond);
    picture.end = time + (duration > 0 ? picture.duration : step);
  }
  const bool isDoubtful =
      (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 && (codec_->flags & AV_CODEC_FLAG_OUTPUT_CORRUPT) == 0;
  picture.parameters = device_ != nullptr ? device_->parameters() : 0;
  picture.concealed = concealNext_ || frame->decode_error_flags != 0 || isDoubtful;
  concealNext_ = false;
  AVFormatContext& context = spec_.file->context();
  const AVRational aspect =
      av_guess_sample_aspect_ratio(&context, context.streams[spec_.stream], frame.get());
  frame = asPortFormat(std::move(frame));
  if (frame == nullptr) return std::nullopt;
  picture.format = formatOf(*frame, aspect, rotation_);
  readLight(*frame, light_);
  picture.format.light = light_;
  if (spec_.buffers != nullptr) {
    // What comes from a device has been brought into one already, if one was at hand.
    if (device_ == nullptr) frame = spec_.buffers->place(std::move(frame));
    picture.place = spec_.buffers->placeOf(*frame);
  }
  picture.frame = std::move(frame);
  trail_.at(Activity::decoding, time);
  return picture;
}

/// A picture has come out: what it took counts against the time since the one before.
void PictureSource::noteLoad(std::int64_t time) {
  constexpr std::int64_t longest = 1'000'000'000;
  if (lastTime_ != INT64_MIN && time - lastTime_ <= longest) load_.decoded(spentNs_, time - lastTime_);
  spentNs_ = 0;
  if (spec_.threads > 0 || spec_.threadsWanted == nullptr) return;
  spec_.threadsWanted->store(load_.threadsFor(threads_, threadsAtMost()), std::memory_order_relaxed);
}

/// Where one thread (or so many) did not keep up, a new codec with more takes over; before a seek, when
/// nothing of the old one's is wanted any more. The old one stays where that cannot be had.
void PictureSource::takeUpThreads() {
  const int wanted = spec_.threads > 0 || device_ != nullptr ? threads_ : load_.threadsFor(threads_, threadsAtMost());
  if (wanted <= threads_) return;
  load_.restart();
  auto codec = openCodec(*parameters_, timeBase_, wanted, spec_.limits, spec_.buffers.get());
  if (!codec) return;
  threads_ = wanted;
  codec_ = std::move(*codec);
}

/// Brings what the port has no word for into a format that it has, and rows that run upwards the right way
/// round.
FramePtr PictureSource::asPortFormat(FramePtr frame) {
  const bool hasName = portPixelFormat(frame->format) != nullptr;
  const int planes = portPlanes(static_cast<AVPixelFormat>(frame->format));
  const bool isUpright =
      std::all_of(frame->linesize, frame->linesize + planes, [](int it) { return it > 0; });
  if (hasName && isUpright) return frame;
  const auto from = static_cast<AVPixelFormat>(frame->format);
  FramePtr into = makeFrame();
  if (into == nullptr) return nullptr;
  into->format = hasName ? from : nearestPortFormat(from);
  into->width = frame->width;
  into->height = frame->height;
  if (into->format == AV_PIX_FMT_NONE || av_frame_get_buffer(into.get(), 0) < 0) return nullptr;
  av_frame_copy_props(into.get(), frame.get());
  if (hasName) return av_frame_copy(into.get(), frame.get()) < 0 ? nullptr : std::move(into);
  if (scalerFrom_ != from || scalerWidth_ != frame->width || scalerHeight_ != frame->height) {
    scaler_.reset(sws_getContext(frame->width, frame->height, from, frame->width, frame->height,
                                 static_cast<AVPixelFormat>(into->format), SWS_BICUBIC | SWS_ACCURATE_RND,
                                 nullptr, nullptr, nullptr));
    scalerFrom_ = from;
    scalerWidth_ = frame->width;
    scalerHeight_ = frame->height;
  }
  if (scaler_ == nullptr) return nullptr;
  const int done =
      sws_scale(scaler_.get(), frame->data, frame->linesize, 0, frame->height, into->data, into->linesize);
  return done <= 0 ? nullptr : std::move(into);
}

}  // namespace retrovue::libav
