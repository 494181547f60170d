#pragma once
#include <retrovue/libav/handles.h>

#include <string>
#include <vector>

namespace retrovue::libav {

/// The streams that are played; -1 where there is none.
struct StreamChoice {
  int picture = -1;
  int sound = -1;
  bool operator==(const StreamChoice&) const = default;
};

/// Pictures: the default-flagged stream, else the first; cover art and thumbnails are none. Sound: the first
/// preferred language that is there, else default-flagged, else the first; commentary for the impaired only
/// where nothing else is. Data, subtitles and streams without a known codec are never chosen. Everything not
/// chosen is discarded by the demuxer.
StreamChoice chooseStreams(AVFormatContext& context, const std::vector<std::string>& languages);

/// Discards all streams but these; -1 keeps none.
void keepOnly(AVFormatContext& context, int one, int other = -1);

}  // namespace retrovue::libav
