#include <napi.h>

#include "addon_data.h"
#include "line_object.h"
#include "still.h"

namespace retrovue::renderer {
namespace {

/// What JavaScript sees; `src/native.ts` has the types.
Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData(env));
  exports.Set("Line", LineObject::define(env));
  exports.Set("still", Napi::Function::New(env, makeStill));
  return exports;
}

}  // namespace
}  // namespace retrovue::renderer

using retrovue::renderer::initialize;
NODE_API_MODULE(renderer, initialize)
