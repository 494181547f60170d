#include <napi.h>

#include "addon_data.h"
#include "committer_object.h"
#include "convert.h"
#include "dead_objects.h"
#include "layout.h"
#include "offsets.h"
#include "reader_object.h"
#include "readers_table_object.h"
#include "retrovue/addon/js_error.h"
#include "writer_object.h"

namespace retrovue::framebus {
namespace {

/// memoryBytes(spec)
Napi::Value memoryBytes(const Napi::CallbackInfo& info) {
  const auto layout = layoutOf(specOf(info[0].As<Napi::Object>()));
  if (!layout) return addon::throwFailure(info.Env(), layout.failure());
  return Napi::Number::New(info.Env(), static_cast<double>(layout->totalBytes()));
}

/// removeDead(place) → how many objects went
Napi::Value removeDead(const Napi::CallbackInfo& info) {
  const Place place = placeOf(info[0].As<Napi::Object>());
  return Napi::Number::New(info.Env(), removeDeadObjects(place.directory, place.prefix));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData();
  env.SetInstanceData(data);
  data->committerClass = Napi::Persistent(CommitterObject::define(env));
  data->readerClass = Napi::Persistent(ReaderObject::define(env));
  data->readersTableClass = Napi::Persistent(ReadersTableObject::define(env));
  data->writerClass = Napi::Persistent(WriterObject::define(env));
  exports.Set("createCommitter", Napi::Function::New<&CommitterObject::create>(env));
  exports.Set("openWriter", Napi::Function::New<&WriterObject::open>(env));
  exports.Set("openReader", Napi::Function::New<&ReaderObject::open>(env));
  exports.Set("showReaders", Napi::Function::New<&ReadersTableObject::show>(env));
  exports.Set("memoryBytes", Napi::Function::New<&memoryBytes>(env));
  exports.Set("removeDead", Napi::Function::New<&removeDead>(env));
  exports.Set("offsets", Napi::Function::New<&offsets>(env));
  return exports;
}

}  // namespace
}  // namespace retrovue::framebus

using retrovue::framebus::initialize;
NODE_API_MODULE(framebus_shm, initialize)
