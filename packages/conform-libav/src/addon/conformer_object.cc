#include "conformer_object.h"

#include <algorithm>

#include "convert.h"
#include "retrovue/addon/js_error.h"

namespace retrovue::conform {
namespace {

PictureIn readable(const PictureOut& planes) {
  PictureIn made;
  std::copy(planes.plane.begin(), planes.plane.end(), made.plane.begin());
  made.stride = planes.stride;
  return made;
}

/// Samples of two bytes are written as such.
bool isWordAligned(const PictureOut& planes, const PixelLayout& layout) {
  for (int plane = 0; layout.bytes == 2 && plane < layout.planes; ++plane) {
    if ((reinterpret_cast<std::uintptr_t>(planes.plane[plane]) | planes.stride[plane]) % 2 != 0) return false;
  }
  return true;
}

Treatment treatmentOf(const Napi::CallbackInfo& info, std::size_t at) {
  Treatment how;
  how.alpha = info[at].As<Napi::Number>().DoubleValue();
  how.field = static_cast<Field>(std::clamp(info[at + 1].As<Napi::Number>().Int32Value(), 0, 2));
  how.timeNs = info[at + 2].As<Napi::Number>().Int64Value();
  how.inPlace = info[at + 3].ToBoolean();
  return how;
}

}  // namespace

Napi::Function ConformerObject::define(Napi::Env env) {
  return DefineClass(env, "Conformer",
                     {InstanceMethod<&ConformerObject::add>("add"), InstanceMethod<&ConformerObject::forget>("forget"),
                      InstanceMethod<&ConformerObject::picture>("picture"),
                      InstanceMethod<&ConformerObject::cancel>("cancel"),
                      InstanceMethod<&ConformerObject::close>("close")});
}

ConformerObject::ConformerObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ConformerObject>(info),
      completions_(std::make_unique<Completions>(info.Env())),
      worker_(std::make_unique<PictureWorker>(std::clamp(info[0].As<Napi::Number>().Int32Value(), 1, 16))),
      hook_(std::make_unique<addon::EnvHook>(info.Env(), [this] {
        stop();
        completions_->close();
      })) {}

ConformerObject::~ConformerObject() {
  stop();
}

void ConformerObject::stop() {
  for (auto& [job, cancelled] : jobs_) cancelled->store(true);
  worker_->stop();
}

Napi::Value ConformerObject::add(const Napi::CallbackInfo& info) {
  const auto recipe = recipeOf(info[0].As<Napi::Float64Array>());
  if (!recipe) return addon::throwFailure(info.Env(), {"UnsupportedMedia", "The picture's format is not known here."});
  const auto added = worker_->add(*recipe);
  if (!added) return addon::throwFailure(info.Env(), added.failure());
  return Napi::Number::New(info.Env(), *added);
}

Napi::Value ConformerObject::forget(const Napi::CallbackInfo& info) {
  worker_->forget(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value ConformerObject::picture(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  const std::uint32_t job = info[1].As<Napi::Number>().Uint32Value();
  const Recipe* recipe = worker_->recipe(id);
  if (recipe == nullptr) return addon::throwFailure(env, {"Closed", "The conformer was disposed."});
  const LentPlanes from = lentPlanes(env, info[2], info[3]), into = lentPlanes(env, info[4], info[5]);
  const Treatment how = treatmentOf(info, 6);
  if (!how.inPlace &&
      !holds(recipe->sourceFormat, recipe->sourceWidth, recipe->sourceHeight, from.planes.stride, from.bytes)) {
    return addon::throwFailure(env, {"InvalidArgument", "The picture's planes are smaller than its format says."});
  }
  if (!holds(recipe->programFormat, recipe->programWidth, recipe->programHeight, into.planes.stride, into.bytes) ||
      !isWordAligned(into.planes, layoutOf(recipe->programFormat))) {
    return addon::throwFailure(env, {"InvalidArgument", "The buffer's planes are not those of the program format."});
  }
  // The arrays of planes hold the views, and those the memory.
  auto [promise, number] = completions_->begin(env, {info.This(), info[2], info[4]});
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  jobs_[job] = cancelled;
  const auto posted = worker_->convert(id, readable(from.planes), into.planes, how, cancelled,
                                       [this, number = number](Expected<void> result) {
                                         completions_->finish(number, std::move(result));
                                       });
  if (!posted) completions_->finish(number, posted.failure());
  return promise;
}

/// Also said when a picture is done, so that its flag is forgotten.
Napi::Value ConformerObject::cancel(const Napi::CallbackInfo& info) {
  const auto found = jobs_.find(info[0].As<Napi::Number>().Uint32Value());
  if (found != jobs_.end()) {
    found->second->store(true);
    jobs_.erase(found);
  }
  return info.Env().Undefined();
}

Napi::Value ConformerObject::close(const Napi::CallbackInfo& info) {
  stop();
  completions_->settle(info.Env());
  return info.Env().Undefined();
}

}  // namespace retrovue::conform
