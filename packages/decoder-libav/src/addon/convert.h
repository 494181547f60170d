#pragma once
#include <napi.h>
#include <retrovue/libav/session.h>

namespace retrovue::decoder {

/// As `PictureFormat` of core/src/media/picture-format.ts. Null where the environment is ending.
napi_value toJs(napi_env env, const libav::PictureFormat& format);
/// As `NativeInfo` of src/native.ts.
napi_value toJs(napi_env env, const libav::SessionInfo& info);
/// Reads what `new Session(…)` was given; the TypeScript side has checked it.
libav::SessionSpec specOf(napi_env env, napi_value options);

}  // namespace retrovue::decoder
