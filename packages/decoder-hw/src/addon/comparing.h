#pragma once
#include <napi.h>

namespace retrovue::decoder {

/// comparePictures(first, second): a promise of `NativeComparison` (src/native.ts). Both are `NativePicture`s of this addon,
/// and may be released while it runs.
Napi::Value comparePictures(const Napi::CallbackInfo& call);

}  // namespace retrovue::decoder
