#pragma once
#include <napi.h>

namespace retrovue::renderer {

/// still(planes, strides, width, height, pixelFormat, sarNum, sarDen, matrix, range, widthMax): Promise<Buffer>. The planes are
/// pinned until it settles. `UnsupportedMedia`, `InvalidArgument`, `QueueFull`.
Napi::Value makeStill(const Napi::CallbackInfo& info);

}  // namespace retrovue::renderer
