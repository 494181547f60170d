#pragma once
#include <napi.h>

namespace retrovue::decoder {

/// countDevices(kind): a promise of how many there are to be tried.
Napi::Value countDevices(const Napi::CallbackInfo& call);
/// openDevice({ kind, index, standin? }): a promise of `NativeDevice` (src/native.ts).
Napi::Value openDevice(const Napi::CallbackInfo& call);
/// refusal(handle, needs): why the device does not decode such a stream; undefined where it does.
Napi::Value refusal(const Napi::CallbackInfo& call);

}  // namespace retrovue::decoder
