#pragma once
#include <napi.h>
#include <retrovue/libav/session.h>

namespace retrovue::decoder {

/// As `PictureFormat` of core/src/media/picture-format.ts. Null where the environment is ending.
napi_value toJs(napi_env env, const libav::PictureFormat& format);
/// As `NativeInfo` of decoder-libav/src/native.ts.
napi_value toJs(napi_env env, const libav::SessionInfo& info);
/// As `StreamNeeds` of decoder-libav/src/native.ts.
napi_value toJs(napi_env env, const libav::StreamNeeds& needs);
/// A device as an opaque value for `new Session({ device })`; null where the environment is ending.
napi_value toJs(napi_env env, std::shared_ptr<libav::HardwareDevice> device);
/// Null where the value is no such device.
std::shared_ptr<libav::HardwareDevice> deviceOf(napi_env env, napi_value value);
/// Reads what `new Session(…)` was given; the TypeScript side has checked it.
libav::SessionSpec specOf(napi_env env, napi_value options);

}  // namespace retrovue::decoder
