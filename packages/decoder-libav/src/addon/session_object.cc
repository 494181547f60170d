#include "session_object.h"

#include <retrovue/addon/js_error.h>
#include <retrovue/libav/breadcrumb.h>

#include <algorithm>

#include "convert.h"
#include "lent_picture.h"

namespace retrovue::decoder {

using addon::throwFailure;
using libav::PictureLine;
using libav::SoundLine;

namespace {

const Failure closedFailure{"Closed", "The decoder was disposed; open the asset again.", 0};

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(
      env, "Session",
      {InstanceMethod<&SessionObject::info>("info"), InstanceMethod<&SessionObject::format>("format"),
       InstanceMethod<&SessionObject::readPicture>("readPicture"),
       InstanceMethod<&SessionObject::releasePicture>("releasePicture"),
       InstanceMethod<&SessionObject::readSound>("readSound"), InstanceMethod<&SessionObject::seek>("seek"),
       InstanceMethod<&SessionObject::sought>("sought"),
       InstanceMethod<&SessionObject::keepAlive>("keepAlive"), InstanceMethod<&SessionObject::close>("close"),
       InstanceMethod<&SessionObject::closed>("closed")});
}

SessionObject::SessionObject(const Napi::CallbackInfo& call) : Napi::ObjectWrap<SessionObject>(call) {
  const Napi::Env env = call.Env();
  const auto options = call[0].As<Napi::Object>();
  auto descriptor = libav::Descriptor::duplicate(options.Get("fd").ToNumber().Int32Value());
  if (!descriptor) {
    throwFailure(env, descriptor.failure());
    return;
  }
  libav::SessionSpec spec = specOf(options);
  spec.descriptor = std::move(*descriptor);
  signal_ = std::make_unique<addon::JsSignal>(env, call[1].As<Napi::Function>(), "retrovue decoder");
  if (env.IsExceptionPending()) return;
  session_ = std::make_shared<libav::Session>(std::move(spec), [signal = signal_.get()] { signal->raise(); });
  hook_ = std::make_unique<addon::EnvHook>(env, [this] { abandon(); });
}

SessionObject::~SessionObject() {
  abandon();
}

void SessionObject::abandon() {
  if (session_) session_->cancel();
  if (closer_.joinable()) closer_.join();
  session_.reset();
  if (signal_) signal_->close();
}

Napi::Value SessionObject::info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  auto info = session_->info();
  if (!info) return throwFailure(env, info.failure());
  if (!*info) return env.Undefined();
  return toJs(env, **info);
}

Napi::Value SessionObject::format(const Napi::CallbackInfo& call) {
  const std::uint32_t index = call[0].ToNumber().Uint32Value();
  if (index >= formats_.size()) return call.Env().Undefined();
  return toJs(call.Env(), formats_[index]);
}

Napi::Value SessionObject::readPicture(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  libav::Picture picture;
  auto answer = session_->takePicture(fromNanoseconds(call[0]), picture);
  if (!answer) return throwFailure(env, answer.failure());
  if (*answer == PictureLine::Answer::notYet) return env.Undefined();
  if (*answer == PictureLine::Answer::end) return env.Null();
  auto known = std::find(formats_.begin(), formats_.end(), picture.format);
  if (known == formats_.end()) known = formats_.insert(formats_.end(), picture.format);
  const auto index = static_cast<std::uint32_t>(known - formats_.begin());
  return LentPicture::toJs(env, std::make_shared<LentPicture>(std::move(picture), session_), index);
}

Napi::Value SessionObject::releasePicture(const Napi::CallbackInfo& call) {
  LentPicture::release(call.Env(), call[0].As<Napi::Object>());
  return call.Env().Undefined();
}

/// readSound(samples, planes): undefined = not yet, null = the end, a number = so many planes are needed.
Napi::Value SessionObject::readSound(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  const std::int64_t samples = call[0].ToNumber().Int64Value();
  const auto given = call[1].As<Napi::Array>();
  const auto format = session_->soundFormat();
  if (format && static_cast<std::uint32_t>(format->channels) != given.Length()) {
    return Napi::Number::New(env, format->channels);
  }
  std::vector<float*> planes;
  for (std::uint32_t i = 0; i < given.Length(); i++) {
    auto plane = given.Get(i).As<Napi::Float32Array>();
    if (static_cast<std::int64_t>(plane.ElementLength()) < samples) {
      return throwFailure(env, {"InvalidArgument", "A plane is shorter than the samples asked for.", 0});
    }
    planes.push_back(plane.Data());
  }
  SoundLine::Run run;
  auto answer = session_->takeSound(samples, planes, run);
  if (!answer) return throwFailure(env, answer.failure());
  if (*answer == SoundLine::Answer::notYet) return env.Undefined();
  if (*answer == SoundLine::Answer::end) return env.Null();
  Napi::Object it = Napi::Object::New(env);
  it.Set("samples", Napi::Number::New(env, static_cast<double>(run.samples)));
  it.Set("start", Napi::Number::New(env, static_cast<double>(run.start)));
  it.Set("sampleRate", run.format.sampleRate);
  return it;
}

Napi::Value SessionObject::seek(const Napi::CallbackInfo& call) {
  if (!session_) return throwFailure(call.Env(), closedFailure);
  session_->seek(fromNanoseconds(call[0]));
  return call.Env().Undefined();
}

Napi::Value SessionObject::sought(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  auto done = session_->sought();
  if (!done) return throwFailure(env, done.failure());
  return Napi::Boolean::New(env, *done);
}

Napi::Value SessionObject::keepAlive(const Napi::CallbackInfo& call) {
  if (signal_) signal_->keepAlive(call[0].ToBoolean());
  return call.Env().Undefined();
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return env.Undefined();
  session_->cancel();
  closer_ = std::thread([this, session = std::move(session_)]() mutable {
    session->close();
    // With it goes the file.
    session.reset();
    isClosed_.store(true, std::memory_order_release);
    signal_->raise();
  });
  session_.reset();
  return env.Undefined();
}

Napi::Value SessionObject::closed(const Napi::CallbackInfo& call) {
  const bool isClosed = isClosed_.load(std::memory_order_acquire);
  if (isClosed && closer_.joinable()) {
    closer_.join();
    hook_.reset();
    signal_->close();
  }
  return Napi::Boolean::New(call.Env(), isClosed);
}

Napi::Value useBreadcrumbs(const Napi::CallbackInfo& call) {
  return Napi::Boolean::New(call.Env(), libav::useBreadcrumbFile(call[0].ToNumber().Int32Value()));
}

}  // namespace retrovue::decoder
