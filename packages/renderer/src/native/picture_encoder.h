#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>

#include "encode_spec.h"
#include "stream_unit.h"
#include "tick_source.h"

namespace retrovue::renderer {

/// One picture encoder for a channel's life. Without delay: each picture's bytes come out before the next goes in, so
/// there are no B-pictures and no lookahead. Groups are closed and key frames lie on the grid (`gopTicks`), besides the first.
/// One thread at a time.
class PictureEncoder {
 public:
  /// `UnsupportedMedia` where this libav has no such encoder or it takes no such pictures, `InvalidConfig` where it
  /// refuses the settings.
  static Expected<PictureEncoder> open(const EncodeSpec& spec);

  /// Encodes the picture of `taken` in place; when this returns, nothing refers to its pixels any more.
  Expected<void> encode(const TakenTick& taken, StreamUnits& into);
  /// The next picture will be a key frame.
  void restart() { keyWanted_ = true; }

 private:
  PictureEncoder(const EncodeSpec& spec, libav::CodecContextPtr context, libav::FramePtr frame)
      : gopTicks_(spec.gopTicks), context_(std::move(context)), frame_(std::move(frame)) {}

  std::int64_t gopTicks_;
  bool keyWanted_ = true;
  std::int64_t lastGroup_ = -1;
  libav::CodecContextPtr context_;
  libav::FramePtr frame_;
};

/// Threads that keep up with such pictures at such a preset; sliced, since threads by frames would cost delay.
int encodeThreadsFor(const EncodeSpec& spec, int processors);

}  // namespace retrovue::renderer
