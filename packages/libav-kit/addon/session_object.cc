#include "session_object.h"

#include <retrovue/addon/js_error.h>
#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/heap.h>

#include <algorithm>
#include <system_error>

#include "convert.h"
#include "lent_picture.h"
#include "plain_object.h"

namespace retrovue::decoder {

using addon::throwFailure;
using libav::PictureLine;
using libav::SoundLine;

namespace {

constexpr std::size_t formatsMax = 64;

const Failure closedFailure{"Closed", "The decoder was disposed; open the asset again.", 0};

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(
      env, "Session",
      {InstanceMethod<&SessionObject::info>("info"), InstanceMethod<&SessionObject::format>("format"),
       InstanceMethod<&SessionObject::readPicture>("readPicture"),
       InstanceMethod<&SessionObject::releasePicture>("releasePicture"),
       InstanceMethod<&SessionObject::readSound>("readSound"),
       InstanceMethod<&SessionObject::offerBuffer>("offerBuffer"),
       InstanceMethod<&SessionObject::buffersAtHand>("buffersAtHand"),
       InstanceMethod<&SessionObject::returnedBuffers>("returnedBuffers"),
       InstanceMethod<&SessionObject::stopBuffers>("stopBuffers"),
       InstanceMethod<&SessionObject::seek>("seek"), InstanceMethod<&SessionObject::sought>("sought"),
       InstanceMethod<&SessionObject::threadsWanted>("threadsWanted"),
       InstanceMethod<&SessionObject::keepAlive>("keepAlive"), InstanceMethod<&SessionObject::close>("close"),
       InstanceMethod<&SessionObject::closed>("closed")});
}

SessionObject::SessionObject(const Napi::CallbackInfo& call) : Napi::ObjectWrap<SessionObject>(call) {
  const Napi::Env env = call.Env();
  const int fd = static_cast<int>(numberOf(env, property(env, call[0], "fd")));
  auto descriptor = libav::Descriptor::duplicate(fd);
  if (!descriptor) addon::throwFromConstructor(env, descriptor.failure());
  libav::SessionSpec spec = specOf(env, call[0]);
  spec.descriptor = std::move(*descriptor);
  // A getter of the caller's own may have thrown while the spec was read.
  if (env.IsExceptionPending()) throw Napi::Error::New(env);
  buffers_ = spec.buffers;
  signal_ = std::make_unique<addon::JsSignal>(env, call[1].As<Napi::Function>(), "retrovue decoder");
  try {
    session_ = std::make_shared<libav::Session>(std::move(spec), [signal = signal_.get()] { signal->raise(); });
  } catch (const std::system_error& thrown) {
    signal_->close();
    addon::throwFromConstructor(env, {"LimitExceeded", std::string("It has no thread: ") + thrown.what(), 0});
  }
  hook_ = std::make_unique<addon::EnvHook>(env, [this] { abandon(); });
}

SessionObject::~SessionObject() {
  abandon();
  for (const auto& [id, buffer] : offered_) napi_delete_reference(Env(), buffer);
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
  return Napi::Value(env, toJs(env, **info));
}

Napi::Value SessionObject::format(const Napi::CallbackInfo& call) {
  const std::uint32_t index = static_cast<std::uint32_t>(numberOf(call.Env(), call[0]));
  if (index >= formats_.size()) return call.Env().Undefined();
  return Napi::Value(call.Env(), toJs(call.Env(), formats_[index]));
}

Napi::Value SessionObject::readPicture(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  libav::Picture picture;
  auto answer = session_->takePicture(longOf(call.Env(), call[0]), picture);
  if (!answer) return throwFailure(env, answer.failure());
  if (*answer == PictureLine::Answer::notYet) return env.Undefined();
  if (*answer == PictureLine::Answer::end) return env.Null();
  auto known = std::find(formats_.begin(), formats_.end(), picture.format);
  if (known == formats_.end()) {
    // A stream that changes its format without end is not worth remembering: its pictures are described one
    // by one.
    if (formats_.size() == formatsMax) formats_.pop_back();
    known = formats_.insert(formats_.end(), picture.format);
  }
  const auto index = static_cast<std::uint32_t>(known - formats_.begin());
  const auto lent = std::make_shared<LentPicture>(std::move(picture), session_);
  return Napi::Value(env, LentPicture::toJs(env, lent, index));
}

Napi::Value SessionObject::releasePicture(const Napi::CallbackInfo& call) {
  LentPicture::release(call.Env(), call[0]);
  return call.Env().Undefined();
}

/// readSound(samples, planes): undefined = not yet, null = the end, a number = so many planes are needed.
Napi::Value SessionObject::readSound(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  const auto samples = static_cast<std::int64_t>(numberOf(env, call[0]));
  const std::uint32_t count = lengthOf(env, call[1]);
  const auto format = session_->soundFormat();
  if (format && static_cast<std::uint32_t>(format->channels) != count)
    return Napi::Number::New(env, format->channels);
  std::vector<float*> planes;
  for (std::uint32_t i = 0; i < count; i++) {
    napi_typedarray_type type = napi_uint8_array;
    std::size_t length = 0;
    void* data = nullptr;
    const napi_value plane = element(env, call[1], i);
    const bool isPlane = plane != nullptr && napi_get_typedarray_info(env, plane, &type, &length, &data,
                                                                      nullptr, nullptr) == napi_ok;
    if (!isPlane || type != napi_float32_array || static_cast<std::int64_t>(length) < samples) {
      return throwFailure(env, {"InvalidArgument", "A plane is shorter than the samples asked for.", 0});
    }
    planes.push_back(static_cast<float*>(data));
  }
  SoundLine::Run run;
  auto answer = session_->takeSound(samples, planes, run);
  if (!answer) return throwFailure(env, answer.failure());
  if (*answer == SoundLine::Answer::notYet) return env.Undefined();
  if (*answer == SoundLine::Answer::end) return env.Null();
  if (*answer == SoundLine::Answer::otherChannels) return Napi::Number::New(env, run.format.channels);
  ObjectWriter it(env);
  it.set("samples", static_cast<double>(run.samples)).set("start", static_cast<double>(run.start));
  it.set("sampleRate", run.format.sampleRate);
  return Napi::Value(env, it.value());
}

/// offerBuffer(id, buffer): a `PictureBuffer` to decode into; `returnedBuffers` tells when it is done with.
Napi::Value SessionObject::offerBuffer(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_ || buffers_ == nullptr) return throwFailure(env, closedFailure);
  const auto id = static_cast<std::uint32_t>(numberOf(env, call[0]));
  const napi_value views = property(env, call[1], "planes");
  libav::LoanedBuffers::Planes planes{};
  for (std::uint32_t i = 0; i < lengthOf(env, views) && i < planes.size(); i++) {
    void* at = nullptr;
    napi_typedarray_type type = napi_uint8_array;
    const napi_value view = element(env, views, i);
    const bool isView = view != nullptr &&
                        napi_get_typedarray_info(env, view, &type, nullptr, &at, nullptr, nullptr) == napi_ok;
    if (!isView || type != napi_uint8_array || at == nullptr) {
      return throwFailure(env, {"InvalidArgument", "A buffer's planes are views of bytes.", 0});
    }
    planes[i] = static_cast<std::uint8_t*>(at);
  }
  napi_ref held = nullptr;
  if (napi_create_reference(env, call[1], 1, &held) != napi_ok) return env.Undefined();
  offered_.emplace(id, held);
  buffers_->offer(id, planes);
  return env.Undefined();
}

Napi::Value SessionObject::buffersAtHand(const Napi::CallbackInfo& call) {
  return Napi::Number::New(call.Env(), buffers_ ? static_cast<double>(buffers_->atHand()) : 0);
}

/// The ids of buffers that nothing here refers to any more; undefined where there are none, as mostly.
/// Answers after `close`, too.
Napi::Value SessionObject::returnedBuffers(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (buffers_ == nullptr) return env.Undefined();
  const std::vector<std::uint32_t> returned = buffers_->takeReturned();
  napi_value ids = nullptr;
  if (returned.empty() || napi_create_array_with_length(env, returned.size(), &ids) != napi_ok)
    return env.Undefined();
  std::uint32_t count = 0;
  for (const std::uint32_t id : returned) {
    const auto held = offered_.find(id);
    if (held != offered_.end()) {
      napi_delete_reference(env, held->second);
      offered_.erase(held);
    }
    napi_value number = nullptr;
    if (napi_create_uint32(env, id, &number) == napi_ok) napi_set_element(env, ids, count++, number);
  }
  return Napi::Value(env, ids);
}

/// Decodes into memory of its own from now on.
Napi::Value SessionObject::stopBuffers(const Napi::CallbackInfo& call) {
  if (buffers_) buffers_->stop();
  return call.Env().Undefined();
}

Napi::Value SessionObject::seek(const Napi::CallbackInfo& call) {
  if (!session_) return throwFailure(call.Env(), closedFailure);
  session_->seek(longOf(call.Env(), call[0]));
  return call.Env().Undefined();
}

Napi::Value SessionObject::sought(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return throwFailure(env, closedFailure);
  auto done = session_->sought();
  if (!done) return throwFailure(env, done.failure());
  return Napi::Boolean::New(env, *done);
}

Napi::Value SessionObject::threadsWanted(const Napi::CallbackInfo& call) {
  return Napi::Number::New(call.Env(), session_ ? session_->threadsWanted() : 0);
}

Napi::Value SessionObject::keepAlive(const Napi::CallbackInfo& call) {
  if (signal_) signal_->keepAlive(truthOf(call.Env(), call[0]));
  return call.Env().Undefined();
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!session_) return env.Undefined();
  session_->cancel();
  auto work = [this, session = std::move(session_)]() mutable {
    session->close();
    // With it goes the file.
    session.reset();
    libav::trimHeapNowAndThen();
    isClosed_.store(true, std::memory_order_release);
    signal_->raise();
  };
  session_.reset();
  const auto shared = std::make_shared<decltype(work)>(std::move(work));
  try {
    closer_ = std::thread([shared] { (*shared)(); });
  } catch (const std::system_error&) {
    // Without a thread to wait on, this one has to.
    (*shared)();
  }
  return env.Undefined();
}

Napi::Value SessionObject::closed(const Napi::CallbackInfo& call) {
  const bool isClosed = isClosed_.load(std::memory_order_acquire);
  if (isClosed) {
    // There is none where `close` had to wait itself.
    if (closer_.joinable()) closer_.join();
    hook_.reset();
    signal_->close();
  }
  return Napi::Boolean::New(call.Env(), isClosed);
}

Napi::Value useBreadcrumbs(const Napi::CallbackInfo& call) {
  return Napi::Boolean::New(call.Env(),
                            libav::useBreadcrumbFile(static_cast<int>(numberOf(call.Env(), call[0]))));
}

/// heapUse(isTrimmed): { inUse, free } in bytes, after a trim where asked for.
Napi::Value heapUse(const Napi::CallbackInfo& call) {
  if (truthOf(call.Env(), call[0])) libav::trimHeap();
  const libav::HeapUse use = libav::heapUse();
  ObjectWriter it(call.Env());
  it.set("inUse", static_cast<double>(use.inUse)).set("free", static_cast<double>(use.free));
  return Napi::Value(call.Env(), it.value());
}

}  // namespace retrovue::decoder
