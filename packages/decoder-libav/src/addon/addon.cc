#include <napi.h>

#include "session_object.h"

namespace retrovue::decoder {

/// What JavaScript sees: sessions, the table for breadcrumbs, and the heap for tests. `src/native.ts` has the types.
Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("Session", SessionObject::define(env));
  exports.Set("useBreadcrumbFile", Napi::Function::New(env, useBreadcrumbs));
  exports.Set("heapUse", Napi::Function::New(env, heapUse));
  return exports;
}

NODE_API_MODULE(decoder_libav, initialise)

}  // namespace retrovue::decoder
