#pragma once
#include <napi.h>

namespace retrovue::framebus {

/// offsets() → { "rvfb_slot.tick": [offset, bytes], …, "rvfb_slot": [0, size], … }: what the compiler made of
/// the header, for the tests that compare it with TypeScript's offsets and with the byte table of the
/// document.
Napi::Value offsets(const Napi::CallbackInfo& info);

}  // namespace retrovue::framebus
