#include <retrovue/libav/language.h>
#include <retrovue/libav/stream_choice.h>

namespace retrovue::libav {

namespace {

bool isPicture(const AVStream& stream) {
  constexpr int notPictures = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
  const AVCodecParameters& it = *stream.codecpar;
  return it.codec_type == AVMEDIA_TYPE_VIDEO && (stream.disposition & notPictures) == 0 &&
         it.codec_id != AV_CODEC_ID_NONE;
}

bool isSound(const AVStream& stream) {
  const AVCodecParameters& it = *stream.codecpar;
  return it.codec_type == AVMEDIA_TYPE_AUDIO && it.codec_id != AV_CODEC_ID_NONE;
}

int soundScore(const AVStream& stream, const std::vector<std::string>& languages) {
  constexpr int notMain =
      AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_COMMENT;
  const AVDictionaryEntry* tag = av_dict_get(stream.metadata, "language", nullptr, 0);
  int score = 1;
  for (std::size_t i = 0; i < languages.size(); i++) {
    if (tag != nullptr && isLanguage(languages[i], tag->value)) {
      score += 1000 * static_cast<int>(languages.size() - i);
      break;
    }
  }
  if ((stream.disposition & notMain) == 0) score += 100;
  if ((stream.disposition & AV_DISPOSITION_DEFAULT) != 0) score += 10;
  return score;
}

}  // namespace

StreamChoice chooseStreams(AVFormatContext& context, const std::vector<std::string>& languages) {
  StreamChoice chosen;
  int pictureBest = 0;
  int soundBest = 0;
  for (unsigned i = 0; i < context.nb_streams; i++) {
    const AVStream& stream = *context.streams[i];
    if (isPicture(stream)) {
      const int score = (stream.disposition & AV_DISPOSITION_DEFAULT) != 0 ? 2 : 1;
      if (score > pictureBest) {
        chosen.picture = static_cast<int>(i);
        pictureBest = score;
      }
    }
    if (isSound(stream)) {
      const int score = soundScore(stream, languages);
      if (score > soundBest) {
        chosen.sound = static_cast<int>(i);
        soundBest = score;
      }
    }
  }
  return chosen;
}

void keepOnly(AVFormatContext& context, int one, int other) {
  for (unsigned i = 0; i < context.nb_streams; i++) {
    const bool kept = static_cast<int>(i) == one || static_cast<int>(i) == other;
    context.streams[i]->discard = kept ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

}  // namespace retrovue::libav
