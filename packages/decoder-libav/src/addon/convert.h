#pragma once
#include <napi.h>
#include <retrovue/libav/session.h>

namespace retrovue::decoder {

/// Nanoseconds cross as BigInt: they do not fit a double.
Napi::Value toNanoseconds(Napi::Env env, std::int64_t ns);
std::int64_t fromNanoseconds(const Napi::Value& value);
/// As `PictureFormat` of core/src/media/picture-format.ts.
Napi::Object toJs(Napi::Env env, const libav::PictureFormat& format);
Napi::Object toJs(Napi::Env env, const libav::SessionInfo& info);
/// Reads what `new Session(…)` was given; the TypeScript side has checked it.
libav::SessionSpec specOf(const Napi::Object& options);

}  // namespace retrovue::decoder
