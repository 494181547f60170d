#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/media_file.h>

namespace retrovue::libav {

class DeviceSession;
class LoanedBuffers;

/// Opens the decoder for a stream. AV1 is decoded by libdav1d alone: libav's other AV1 decoders are 2.8 times
/// slower or need a device. `UnsupportedMedia` where there is none.
/// @param buffers what it decodes into where it can, and must not outlive; null for memory of its own
/// @param device where it decodes, and must not outlive; null for software
Expected<CodecContextPtr> openCodec(const AVCodecParameters& parameters, AVRational timeBase, int threads,
                                    const MediaLimits& limits, LoanedBuffers* buffers = nullptr, DeviceSession* device = nullptr);

/// Threads to begin with where nothing is configured: one, unless the stream's size and rate are beyond what
/// one thread decodes on any machine that plays it out. Whether they keep up is then seen (`LoadWatch`).
int threadsFor(const AVCodecParameters& parameters, AVRational rate);

/// Threads of one decoder at most: as many as the machine runs at once, up to 8.
int threadsAtMost();

}  // namespace retrovue::libav
