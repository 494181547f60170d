#include <retrovue/libav/errors.h>
#include <retrovue/libav/handles.h>

#include <cerrno>

namespace retrovue::libav {

std::string errorText(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof text);
  return text;
}

namespace {

const char* codeOf(int error, const char* fallback) {
  switch (error) {
    case AVERROR(ENOMEM):
      return "LimitExceeded";
    case AVERROR_EXIT:
      return "Cancelled";
    case AVERROR(ETIMEDOUT):
      return "Timeout";
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_PATCHWELCOME:
      return "UnsupportedMedia";
    default:
      return fallback;
  }
}

}  // namespace

Failure libavFailure(int error, const std::string& what, const char* fallback) {
  return Failure{codeOf(error, fallback), what + " failed: " + errorText(error), error};
}

}  // namespace retrovue::libav
