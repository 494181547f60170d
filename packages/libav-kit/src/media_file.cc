#include <retrovue/libav/errors.h>
#include <retrovue/libav/media_file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>

namespace retrovue::libav {

namespace {

/// Containers that may be opened: those that hold their media themselves. Left out on purpose is whatever
/// opens other files or hosts by what it reads: hls, dash, concat, image2, tedcaptions, sdp, rtsp, playlists
/// of any kind.
constexpr const char* containers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,mxf,flv,ogg,asf,nut,gxf,lxf,dv,ivf,yuv4mpegpipe,"
    "h264,hevc,obu,m4v,mpegvideo,vc1,mjpeg,aac,ac3,eac3,dts,dtshd,truehd,mp3,flac,wav,w64,aiff,au,caf,"
    "png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,gif";

/// Picture codecs of which a header says all that decoding needs: their pictures are in order, or the stream
/// itself says how far out of order they are.
bool headerSuffices(const AVCodecParameters& parameters, bool isMov) {
  switch (parameters.codec_id) {
    case AV_CODEC_ID_H264:
      // libav works out the reordering of MOV from its index; elsewhere the stream may leave it unsaid.
      return isMov && parameters.extradata_size > 0;
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_AV1:
      return parameters.extradata_size > 0;
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_PRORES:
    case AV_CODEC_ID_MJPEG:
      return true;
    default:
      return false;
  }
}

bool headerSaysAll(const AVFormatContext& context) {
  const char* name = context.iformat->name;
  const bool isMov = std::strstr(name, "mov") != nullptr;
  if (!isMov && std::strstr(name, "matroska") == nullptr) return false;
  for (unsigned i = 0; i < context.nb_streams; i++) {
    const AVStream& stream = *context.streams[i];
    const AVCodecParameters& parameters = *stream.codecpar;
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
    if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
      if (parameters.width <= 0 || parameters.height <= 0 || !headerSuffices(parameters, isMov)) return false;
    }
    if (parameters.codec_type == AVMEDIA_TYPE_AUDIO) {
      if (parameters.sample_rate <= 0 || parameters.ch_layout.nb_channels <= 0) return false;
    }
  }
  return context.nb_streams > 0;
}

int refuseToOpen(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

bool isOneOf(const char* name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* it) { return std::strcmp(it, name) == 0; });
}

}  // namespace

void initLibrary() {
  static std::once_flag once;
  // What libav has to say of a broken file is said by our own errors; its lines would flood a log.
  std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

Expected<std::unique_ptr<MediaFile>> MediaFile::open(std::shared_ptr<const Descriptor> descriptor,
                                                     Interrupt& interrupt, const MediaLimits& limits,
                                                     Knowledge knowledge) {
  initLibrary();
  std::unique_ptr<MediaFile> file(new MediaFile(interrupt, limits));
  interrupt.arm(limits.ioTimeoutNs);
  if (auto opened = file->openHeader(std::move(descriptor)); !opened) return opened.failure();
  if (knowledge == Knowledge::playable && !headerSaysAll(*file->context_)) {
    if (auto learnt = file->learnStreams(); !learnt) return learnt.failure();
  }
  if (auto within = file->checkLimits(); !within) return within.failure();
  file->isOpen_ = true;
  return file;
}

Expected<std::unique_ptr<MediaFile>> MediaFile::openAgain(std::shared_ptr<const Descriptor> descriptor,
                                                          Interrupt& interrupt, const MediaLimits& limits,
                                                          int streams) {
  auto file = open(descriptor, interrupt, limits, Knowledge::header);
  if (file && !(*file)->has(streams)) file = open(std::move(descriptor), interrupt, limits, Knowledge::playable);
  if (!file) {
    Failure failure = file.failure();
    // It was found once: what fails now is its reading.
    if (std::string_view(failure.code) == "MediaNotFound") failure.code = "DecodeFailed";
    return failure;
  }
  if ((*file)->has(streams)) return file;
  // Looking for streams gets over a read that fails.
  if ((*file)->isUnreadable()) return (*file)->failure(AVERROR(EIO), "Opening again", "DecodeFailed");
  return Failure{"DecodeFailed", "The file is not what it was when it was opened.", 0};
}

MediaFile::~MediaFile() = default;

Failure MediaFile::failure(int error, const char* what, const char* fallback) const {
  if (interrupt_.cancelled()) return Failure{"Cancelled", std::string(what) + " was given up.", error};
  if (interrupt_.expired()) {
    return Failure{"Timeout", std::string(what) + " took longer than it may; is the file's storage alive?",
                   error};
  }
  if (io_->failure() != 0) {
    // Whoever asks again may have better luck: a share comes back, a cable is put in again.
    return Failure{isOpen_ ? "DecodeFailed" : "MediaNotFound",
                   std::string(what) + " failed, the file cannot be read: " + errorText(io_->failure()),
                   io_->failure()};
  }
  return libavFailure(error, what, fallback);
}

bool MediaFile::isUnreadable() const {
  return io_->failure() != 0;
}

void MediaFile::endAt(std::int64_t position) {
  io_->endAt(position);
}

std::int64_t MediaFile::position() const {
  return avio_tell(context_->pb);
}

Expected<void> MediaFile::openHeader(std::shared_ptr<const Descriptor> descriptor) {
  io_ = DescriptorIo::create(std::move(descriptor), interrupt_);
  AVFormatContext* context = avformat_alloc_context();
  if (io_ == nullptr || context == nullptr) {
    avformat_free_context(context);
    return libavFailure(AVERROR(ENOMEM), "Opening");
  }
  context->pb = io_->context();
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  context->interrupt_callback = {&Interrupt::callback, &interrupt_};
  context->io_open = &refuseToOpen;
  context->probesize = limits_.probeBytes;
  context->max_analyze_duration = limits_.analyseUs;
  context->max_streams = limits_.streamsMax;
  context->format_whitelist = av_strdup(containers);
  // Nothing is opened by address at all; the list stands for code that asks it before our refusal.
  context->protocol_whitelist = av_strdup("file");

  // NOLINTNEXTLINE: the member is const since FFmpeg 5.0.
  const AVInputFormat* format = nullptr;
  const int score = av_probe_input_buffer2(context->pb, &format, "", nullptr, 0, 1 << 20);
  if (score < 0 || format == nullptr) {
    avformat_free_context(context);
    return failure(score < 0 ? score : AVERROR_INVALIDDATA, "Recognising the format", "UnsupportedMedia");
  }
  // Frees the context where it fails.
  const int opened = avformat_open_input(&context, "", format, nullptr);
  if (opened < 0) {
    // EINVAL is what the list of allowed containers answers.
    return failure(opened, "Reading the header",
                   opened == AVERROR(EINVAL) ? "UnsupportedMedia" : "MediaCorrupt");
  }
  context_.reset(context);
  const char* name = format->name;
  if (isOneOf(name, {"mpegts", "mpeg"})) seekBy_ = SeekBy::packetIndex;
  if (isOneOf(name, {"h264", "hevc", "obu", "m4v", "mpegvideo", "vc1", "mjpeg", "aac", "ac3", "eac3", "dts",
                     "dtshd", "truehd", "mp3", "flac"}) ||
      isStill()) {
    seekBy_ = SeekBy::start;
  }
  return {};
}

Expected<void> MediaFile::learnStreams() {
  const int found = avformat_find_stream_info(context_.get(), nullptr);
  if (found < 0) return failure(found, "Looking for streams", "MediaCorrupt");
  return {};
}

Expected<void> MediaFile::checkLimits() {
  if (context_->nb_streams > static_cast<unsigned>(limits_.streamsMax)) {
    return Failure{"LimitExceeded", "It has more streams than are allowed.", 0};
  }
  for (unsigned i = 0; i < context_->nb_streams; i++) {
    const AVCodecParameters& it = *context_->streams[i]->codecpar;
    if (it.codec_type == AVMEDIA_TYPE_VIDEO &&
        (it.width > limits_.sideMax || it.height > limits_.sideMax ||
         static_cast<std::int64_t>(it.width) * it.height > limits_.pixelsMax)) {
      return Failure{"LimitExceeded", "Its pictures are larger than is allowed.", 0};
    }
    if (it.codec_type == AVMEDIA_TYPE_AUDIO &&
        (it.ch_layout.nb_channels > limits_.soundChannelsMax || it.sample_rate > limits_.sampleRateMax)) {
      return Failure{"LimitExceeded", "Its sound has more channels or samples than are allowed.", 0};
    }
  }
  return {};
}

std::string MediaFile::container() const {
  const std::string names = context_->iformat->name;
  return names.substr(0, names.find(','));
}

bool MediaFile::isStill() const {
  const std::string_view name = context_->iformat->name;
  return name.size() > 5 && name.substr(name.size() - 5) == "_pipe";
}

Expected<bool> MediaFile::read(AVPacket& packet) {
  interrupt_.arm(limits_.ioTimeoutNs);
  // A demuxer that has nothing yet is asked again; a file is never "not yet" for long.
  for (int again = 0; again < 1000; again++) {
    const int result = av_read_frame(context_.get(), &packet);
    if (result == 0) {
      if ((packet.flags & AV_PKT_FLAG_CORRUPT) != 0) damaged_ = true;
      return true;
    }
    if (interrupt_.tripped() || isUnreadable()) return failure(result, "Reading", "DecodeFailed");
    if (result == AVERROR(EAGAIN)) continue;
    if (result == AVERROR(ENOMEM)) return failure(result, "Reading", "LimitExceeded");
    if (result != AVERROR_EOF) damaged_ = true;
    return false;
  }
  damaged_ = true;
  return false;
}

Expected<void> MediaFile::seek(int stream, std::int64_t timestamp) {
  interrupt_.arm(limits_.ioTimeoutNs);
  const int result = av_seek_frame(context_.get(), stream, timestamp, AVSEEK_FLAG_BACKWARD);
  if (result < 0) return failure(result, "Seeking", "DecodeFailed");
  return {};
}

Expected<void> MediaFile::seekByte(std::int64_t position) {
  interrupt_.arm(limits_.ioTimeoutNs);
  const int result = av_seek_frame(context_.get(), -1, position, AVSEEK_FLAG_BYTE);
  if (result < 0) return failure(result, "Seeking", "DecodeFailed");
  return {};
}

}  // namespace retrovue::libav
