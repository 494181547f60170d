#include <napi.h>

#include "conformer_object.h"
#include "recipe.h"
#include "sound_object.h"

namespace retrovue::conform {
namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("Conformer", ConformerObject::define(env));
  exports.Set("Sound", SoundObject::define(env));
  exports.Set("recipeNumbers", Napi::Number::New(env, recipeNumbers));
  return exports;
}

}  // namespace
}  // namespace retrovue::conform

using retrovue::conform::initialize;
NODE_API_MODULE(conform_libav, initialize)
