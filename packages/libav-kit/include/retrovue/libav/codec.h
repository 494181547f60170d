#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/media_file.h>

namespace retrovue::libav {

class LoanedBuffers;

/// Opens the decoder for a stream. AV1 is decoded by libdav1d alone: libav's other AV1 decoders are 2.8 times
/// slower or need a device. `UnsupportedMedia` where there is none.
/// @param buffers what it decodes into where it can, and must not outlive; null for memory of its own
Expected<CodecContextPtr> openCodec(const AVCodecParameters& parameters, AVRational timeBase, int threads,
                                    const MediaLimits& limits, LoanedBuffers* buffers = nullptr);

/// Threads for a picture stream where nothing is configured: one, while one keeps up (frame threads cost 12
/// to 25 % more CPU a frame), and more by what the stream's size and rate will cost.
int threadsFor(const AVCodecParameters& parameters, AVRational rate);

}  // namespace retrovue::libav
