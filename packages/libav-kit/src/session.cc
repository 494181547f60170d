#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/codec.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/session.h>

#include <algorithm>
#include <exception>
#include <string_view>

namespace retrovue::libav {

struct Session::SoundStart {
  SoundSourceSpec spec;
  /// Where the sound plays alone its file is the one that was opened.
  bool opensFile = true;
};

namespace {

constexpr std::uint32_t rolePictures = 1;
constexpr std::uint32_t roleSound = 2;

/// What the container says of the sound, until the sound itself has spoken.
void describeSound(const AVStream& stream, SessionInfo& info) {
  const AVCodecParameters& it = *stream.codecpar;
  char layout[64] = {};
  av_channel_layout_describe(&it.ch_layout, layout, sizeof layout);
  info.hasSound = true;
  info.soundCodec = avcodec_get_name(it.codec_id);
  info.soundFormat = {it.sample_rate, it.ch_layout.nb_channels, layout};
  const AVDictionaryEntry* language = av_dict_get(stream.metadata, "language", nullptr, 0);
  if (language != nullptr && std::string_view(language->value) != "und") info.language = language->value;
}

/// What ended a reading, while an asset was being opened.
Failure whileOpening(Failure failure, const MediaFile& file) {
  if (file.isUnreadable()) failure.code = "MediaNotFound";
  return failure;
}

Failure exhausted(const std::exception& thrown) {
  return {"LimitExceeded", std::string("Decoding has run out of memory or threads: ") + thrown.what(), 0};
}

std::int64_t soundDuration(const AVFormatContext& context, const AVStream& stream) {
  constexpr AVRational nanosecond{1, 1'000'000'000};
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    return av_rescale_q(stream.duration, stream.time_base, nanosecond);
  }
  return context.duration != AV_NOPTS_VALUE && context.duration > 0
             ? av_rescale_q(context.duration, {1, AV_TIME_BASE}, nanosecond)
             : -1;
}

}  // namespace

Session::Session(SessionSpec spec, std::function<void()> onChange)
    : spec_(std::move(spec)),
      onChange_(std::move(onChange)),
      pictures_(static_cast<std::size_t>(spec_.picturesAhead),
                static_cast<std::size_t>(spec_.picturesHeldMax), onChange_),
      sound_(spec_.soundAheadNs, onChange_),
      thread_([this] { work(); }) {}

Session::~Session() {
  close();
}

int Session::threadsFor(const AVCodecParameters& parameters) const {
  const std::string_view name = avcodec_get_name(parameters.codec_id);
  int threads = 0;
  for (const auto& [codec, count] : spec_.threads) {
    if (codec == name) return count;
    if (codec.empty()) threads = count;
  }
  return threads;
}

bool Session::isOpened() {
  const std::scoped_lock lock(mutex_);
  return opened_.has_value();
}

void Session::publish(Expected<std::optional<SessionInfo>> info) {
  {
    const std::scoped_lock lock(mutex_);
    opened_ = std::move(info);
  }
  onChange_();
}

void Session::work() {
  try {
    const BreadcrumbTrail trail(spec_.uri, rolePictures);
    auto file = MediaFile::open(spec_.descriptor, pictureInterrupt_, spec_.limits, Knowledge::playable);
    Expected<void> done = file ? openAll(std::move(*file), trail) : Expected<void>(file.failure());
    if (!done) publish(done.failure());
  } catch (const std::exception& thrown) {
    // No memory, or no thread for the sound: one asset's end, not the process's.
    const Failure failure = exhausted(thrown);
    pictures_.fail(failure);
    if (!hasPicture_) sound_.fail(failure);
    if (!isOpened()) publish(failure);
  }
}

Expected<void> Session::openAll(std::unique_ptr<MediaFile> file, const BreadcrumbTrail& trail) {
  AVFormatContext& context = file->context();
  const StreamChoice choice = chooseStreams(context, spec_.languages);
  if (choice.picture < 0 && choice.sound < 0) {
    return whileOpening({"UnsupportedMedia", "It has neither pictures nor sound that can be decoded.", 0}, *file);
  }
  SessionInfo info;
  info.container = file->container();
  auto index = file->seekBy() == SeekBy::packetIndex
                   ? std::make_shared<PacketIndex>(spec_.descriptor, spec_.limits, choice)
                   : nullptr;
  auto start = std::make_unique<SoundStart>();
  if (choice.sound >= 0) {
    const AVStream& stream = *context.streams[choice.sound];
    describeSound(stream, info);
    info.duration = soundDuration(context, stream);
    start->spec.descriptor = spec_.descriptor;
    start->spec.stream = choice.sound;
    start->spec.pictureStream = choice.picture;
    start->spec.parameters = copyOf(*stream.codecpar);
    start->spec.timeBase = stream.time_base;
    start->spec.limits = spec_.limits;
    start->spec.index = index;
    if (start->spec.parameters == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening");
  }
  if (choice.picture < 0) {
    if (spec_.isProbe) {
      if (auto codec = openCodec(*start->spec.parameters, start->spec.timeBase, 1, spec_.limits); !codec) {
        return codec.failure();
      }
      publish(std::optional(info));
      return {};
    }
    hasSound_ = true;
    start->spec.file = std::move(file);
    start->opensFile = false;
    publish(std::optional(info));
    runSound(std::move(start));
    return {};
  }

  const AVCodecParameters& parameters = *context.streams[choice.picture]->codecpar;
  info.nominalRate = av_guess_frame_rate(&context, context.streams[choice.picture], nullptr);
  info.isStill = file->isStill();
  PictureSourceSpec spec;
  spec.descriptor = spec_.descriptor;
  spec.stream = choice.picture;
  spec.soundStream = choice.sound;
  spec.threads = threadsFor(parameters);
  spec.threadsLearnt = spec_.threadsLearnt;
  spec.keepUpShare = spec_.keepUpShare;
  spec.threadsWanted = threadsWanted_;
  spec.limits = spec_.limits;
  spec.index = index;
  spec.buffers = spec_.buffers;
  spec.device = spec_.device;
  spec.file = std::move(file);
  auto source = PictureSource::open(std::move(spec), pictureInterrupt_, trail);
  if (!source) return source.failure();
  auto first = (*source)->next(INT64_MIN);
  if (!first) return whileOpening(first.failure(), (*source)->file());
  if (!*first) return Failure{"MediaCorrupt", "Not one of its pictures can be decoded.", 0};
  info.hasPicture = true;
  info.pictureCodec = (*source)->codecName();
  info.pictureDecoder = (*source)->decoderName();
  info.pictureFormat = (*first)->format;
  info.pictureNeeds = (*source)->needs();
  info.pictureTimeBase = (*source)->timeBase();
  info.duration = (*source)->statedEnd();
  if (spec_.isProbe) {
    publish(std::optional(info));
    return {};
  }
  hasPicture_ = true;
  hasSound_ = choice.sound >= 0;
  if (hasSound_) {
    start->spec.zeroNs = (*source)->zeroNs();
    const std::scoped_lock lock(mutex_);
    if (!isCancelled_)
      soundThread_ = std::thread([this, it = std::move(start)]() mutable { workSound(std::move(it)); });
  }
  publish(std::optional(info));
  pictures_.run(**source, std::move(*first));
  trail.at(Activity::closing);
  return {};
}

void Session::workSound(std::unique_ptr<SoundStart> start) {
  try {
    runSound(std::move(start));
  } catch (const std::exception& thrown) {
    sound_.fail(exhausted(thrown));
  }
}

void Session::runSound(std::unique_ptr<SoundStart> start) {
  const BreadcrumbTrail trail(spec_.uri, roleSound);
  if (start->opensFile) {
    auto file = MediaFile::openAgain(spec_.descriptor, soundInterrupt_, spec_.limits,
                                     std::max(start->spec.stream, start->spec.pictureStream) + 1);
    if (!file) {
      // It could be opened for its pictures: this is the storage, or memory, or time, and says nothing of the sound.
      sound_.fail(file.failure());
      return;
    }
    start->spec.file = std::move(*file);
  }
  Interrupt& interrupt = start->opensFile ? soundInterrupt_ : pictureInterrupt_;
  auto source = SoundSource::open(std::move(start->spec), interrupt, trail);
  if (!source) {
    leaveOutSound(source.failure());
    return;
  }
  sound_.run(**source);
  trail.at(Activity::closing);
}

/// Pictures whose sound nobody can decode are played without; sound alone has failed.
void Session::leaveOutSound(const Failure& failure) {
  if (!hasPicture_) {
    sound_.fail(failure);
    return;
  }
  hasSound_ = false;
  sound_.end();
}

Expected<std::optional<SessionInfo>> Session::info() {
  std::optional<SessionInfo> info;
  {
    const std::scoped_lock lock(mutex_);
    if (!opened_) return std::optional<SessionInfo>();
    if (!*opened_) return opened_->failure();
    info = **opened_;
  }
  if (spec_.isProbe || !info->hasSound) return info;
  if (!sound_.isKnown()) return std::optional<SessionInfo>();
  // What comes out of a decoder may differ from what the container says: HE-AAC has twice the rate.
  const auto format = sound_.format();
  if (format) {
    info->soundFormat = *format;
    return info;
  }
  if (!info->hasPicture) {
    auto failed = sound_.sought();
    if (!failed) {
      Failure failure = failed.failure();
      // Reading alone fails by this code before there is any sound, and while an asset is opened that is another (`whileOpening`).
      if (std::string_view(failure.code) == "DecodeFailed") failure.code = "MediaNotFound";
      return failure;
    }
    return Failure{"MediaCorrupt", "Not one sample of its sound can be decoded.", 0};
  }
  // Where it is only long in coming, the container's word has to do.
  if (sound_.hasEnded()) info->hasSound = false;
  return info;
}

Expected<PictureLine::Answer> Session::takePicture(std::int64_t notBefore, Picture& into) {
  if (!hasPicture_) return PictureLine::Answer::end;
  return pictures_.take(notBefore, into);
}

Expected<SoundLine::Answer> Session::takeSound(std::int64_t samples, const std::vector<float*>& planes,
                                               SoundLine::Run& run) {
  if (!hasSound_) return SoundLine::Answer::end;
  return sound_.take(samples, planes, run);
}

void Session::seek(std::int64_t target) {
  if (hasPicture_) pictures_.seek(target);
  if (hasSound_) sound_.seek(target);
}

Expected<bool> Session::sought() {
  bool done = true;
  if (hasPicture_) {
    auto pictures = pictures_.sought();
    if (!pictures) return pictures;
    done = *pictures;
  }
  if (hasSound_) {
    auto sound = sound_.sought();
    if (!sound) return sound;
    done = done && *sound;
  }
  return done;
}

void Session::cancel() {
  {
    const std::scoped_lock lock(mutex_);
    isCancelled_ = true;
  }
  pictureInterrupt_.cancel();
  soundInterrupt_.cancel();
  pictures_.stop();
  sound_.stop();
}

void Session::close() {
  cancel();
  if (thread_.joinable()) thread_.join();
  if (soundThread_.joinable()) soundThread_.join();
}

}  // namespace retrovue::libav
