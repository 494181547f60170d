#pragma once
#include <napi.h>

namespace retrovue::decoder {

/// lockFile(fd): takes the file for this very opening of it, which another opening may not have; false where one has.
Napi::Value lockFile(const Napi::CallbackInfo& call);
/// isFileLocked(fd): true where another opening of the file has it.
Napi::Value isFileLocked(const Napi::CallbackInfo& call);

}  // namespace retrovue::decoder
