#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>

namespace retrovue::libav {

/// The format in which a card would keep pictures that software decodes to `software`.
AVPixelFormat standinSurfaceOf(AVPixelFormat software);

/// Memory of a stand-in for pictures of one size: libav's frames context over a pool of memfds.
/// @param device libav's context of the kind DRM
Expected<BufferPtr> createStandinMemory(AVBufferRef& device, AVPixelFormat software, int width, int height);

/// Stores a decoded picture to a free surface, as a card's decoder would: null where none is free.
/// @param from in software's format; its size may be smaller than the surfaces'
FramePtr storeInStandin(AVBufferRef& frames, const AVFrame& from);

/// Stores another picture's samples to a surface, if they are of its format.
void writeToStandin(AVFrame& surface, const AVFrame& from);

/// What a stand-in does to pictures when it is told to, in its own memory.
void paintGreenRows(AVFrame& surface);
void exchangeColours(AVFrame& surface);

}  // namespace retrovue::libav
