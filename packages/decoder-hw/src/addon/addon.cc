#include <napi.h>
#include <session_object.h>

#include "addon_data.h"
#include "comparing.h"
#include "devices.h"
#include "file_locks.h"

namespace retrovue::decoder {

/// What JavaScript sees: what decoder-libav's addon shows, and devices. `src/native.ts` has the types.
Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData(env));
  exports.Set("Session", SessionObject::define(env));
  exports.Set("useBreadcrumbFile", Napi::Function::New(env, useBreadcrumbs));
  exports.Set("countDevices", Napi::Function::New(env, countDevices));
  exports.Set("openDevice", Napi::Function::New(env, openDevice));
  exports.Set("refusal", Napi::Function::New(env, refusal));
  exports.Set("comparePictures", Napi::Function::New(env, comparePictures));
  exports.Set("lockFile", Napi::Function::New(env, lockFile));
  exports.Set("isFileLocked", Napi::Function::New(env, isFileLocked));
  return exports;
}

NODE_API_MODULE(decoder_hw, initialise)

}  // namespace retrovue::decoder
