#pragma once
#include <house_time.h>

#include <cstdint>
#include <string>

namespace retrovue::renderer {

using framebus::ClockMapping;
using framebus::HouseGrid;

/// What is encoded and how. Checked by `PictureEncoder::open` and `SoundEncoder::open`.
struct EncodeSpec {
  HouseGrid grid;
  int width = 0;
  int height = 0;
  /// libav's name.
  std::string pixelFormat;
  int sarNum = 1;
  int sarDen = 1;
  /// Code points of ITU-T H.273, which are libav's numbers, too; range 1 is limited, 2 full.
  int primaries = 2;
  int transfer = 2;
  int matrix = 2;
  int range = 0;
  int channels = 2;

  /// "h264", "hevc" or "mpeg2video".
  std::string videoCodec;
  std::int64_t videoBitsPerSecond = 0;
  /// What pictures may take at once beyond that rate (the buffer of ISO/IEC 13818-1 that they are decoded from), bits.
  std::int64_t videoBufferBits = 0;
  /// Key frames lie on the ticks divisible by this, so that a restarted encoder puts them where the old one did.
  std::int64_t gopTicks = 1;
  std::string preset;
  int threads = 1;
  /// "aac", "mp2" or "ac3".
  std::string audioCodec;
  std::int64_t audioBitsPerSecond = 0;
  /// The whole stream's, held exactly by null packets; 0: variable.
  std::int64_t muxBitsPerSecond = 0;

  /// What receivers call it, UTF-8; empty: they are told nothing.
  std::string serviceName;
};

}  // namespace retrovue::renderer
