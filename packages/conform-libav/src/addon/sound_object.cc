#include "sound_object.h"

#include "convert.h"
#include "retrovue/addon/js_error.h"

namespace retrovue::conform {
namespace {

int wholeOf(const Napi::Value& value) {
  return value.As<Napi::Number>().Int32Value();
}

double realOf(const Napi::Value& value) {
  return value.As<Napi::Number>().DoubleValue();
}

}  // namespace

Napi::Function SoundObject::define(Napi::Env env) {
  return DefineClass(
      env, "Sound",
      {InstanceMethod<&SoundObject::push>("push"), InstanceMethod<&SoundObject::end>("end"),
       InstanceMethod<&SoundObject::available>("available"), InstanceMethod<&SoundObject::debt>("debt"),
       InstanceMethod<&SoundObject::pull>("pull"), InstanceMethod<&SoundObject::close>("close")});
}

SoundObject::SoundObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SoundObject>(info) {
  auto opened = SoundStream::open({wholeOf(info[0]), wholeOf(info[1]), info[2].As<Napi::String>().Utf8Value(),
                                   wholeOf(info[3]), wholeOf(info[4])});
  if (!opened) addon::throwFromConstructor(info.Env(), opened.failure());
  stream_ = std::move(*opened);
}

bool SoundObject::isOpen(Napi::Env env) const {
  if (stream_) return true;
  addon::throwFailure(env, {"Closed", "The sound conformer was disposed."});
  return false;
}

Napi::Value SoundObject::push(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(env)) return env.Undefined();
  const int samples = wholeOf(info[1]);
  const auto channels = lentChannels(env, info[0], 0, samples);
  if (channels.empty())
    return addon::throwFailure(env, {"InvalidArgument", "The block has no channels, or shorter ones than it says."});
  const auto changed = stream_->changeSource(wholeOf(info[2]), static_cast<int>(channels.size()));
  if (!changed) return addon::throwFailure(env, changed.failure());
  const auto done = stream_->push(channels.data(), samples);
  return done ? env.Undefined() : addon::throwFailure(env, done.failure());
}

Napi::Value SoundObject::end(const Napi::CallbackInfo& info) {
  if (!isOpen(info.Env())) return info.Env().Undefined();
  const auto done = stream_->end();
  return done ? info.Env().Undefined() : addon::throwFailure(info.Env(), done.failure());
}

Napi::Value SoundObject::available(const Napi::CallbackInfo& info) {
  if (!isOpen(info.Env())) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(stream_->available()));
}

Napi::Value SoundObject::debt(const Napi::CallbackInfo& info) {
  if (!isOpen(info.Env())) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(stream_->debt(info[0].As<Napi::Number>().Int64Value())));
}

Napi::Value SoundObject::pull(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!isOpen(env)) return env.Undefined();
  const int samples = wholeOf(info[2]);
  const auto into = lentChannels(env, info[0], wholeOf(info[1]), samples);
  if (into.size() != static_cast<std::size_t>(stream_->channels()) || samples > stream_->available())
    return addon::throwFailure(env, {"InvalidArgument", "More samples are pulled than there are, or than there is room for."});
  stream_->pull(into.data(), samples, realOf(info[3]), realOf(info[4]), realOf(info[5]));
  return env.Undefined();
}

Napi::Value SoundObject::close(const Napi::CallbackInfo& info) {
  stream_.reset();
  return info.Env().Undefined();
}

}  // namespace retrovue::conform
