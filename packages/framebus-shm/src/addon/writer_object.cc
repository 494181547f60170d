#include "writer_object.h"

#include <retrovue/addon/promise_job.h>

#include <algorithm>
#include <cstring>

#include "addon_data.h"
#include "convert.h"
#include "futex.h"

namespace retrovue::framebus {
namespace {

/// How often a silent engine is asked whether it lives.
constexpr std::int64_t kWatchSliceNs = 100'000'000;

}  // namespace

Napi::Function WriterObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeWriter",
      {InstanceMethod<&WriterObject::loan>("loan"), InstanceMethod<&WriterObject::wantBuffer>("wantBuffer"),
       InstanceMethod<&WriterObject::handOver>("handOver"), InstanceMethod<&WriterObject::wake>("wake"),
       InstanceMethod<&WriterObject::release>("release"),
       InstanceMethod<&WriterObject::nextRefusal>("nextRefusal"),
       InstanceMethod<&WriterObject::isOpen>("isOpen"), InstanceMethod<&WriterObject::head>("head"),
       InstanceMethod<&WriterObject::keepAlive>("keepAlive"),
       InstanceMethod<&WriterObject::scratch>("scratch"), InstanceMethod<&WriterObject::pictures>("pictures"),
       InstanceMethod<&WriterObject::header>("header"), InstanceMethod<&WriterObject::close>("close")});
}

Napi::Value WriterObject::open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string controlPath = info[0].ToString();
  const std::string lanePath = info[1].ToString();
  const std::uint32_t lane = info[2].As<Napi::Number>();
  using Opened = std::shared_ptr<LaneWriter>;
  auto onNews = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[3].As<Napi::Function>()));
  return addon::runJob<Opened>(
      env, AddonData::of(env).setup, {info[3]},
      [controlPath, lanePath, lane]() -> Expected<Opened> {
        auto opened = LaneWriter::open(controlPath, lanePath, lane);
        if (!opened) return opened.failure();
        return Opened(std::move(*opened));
      },
      [onNews](Napi::Env jsEnv, Opened opened) -> Napi::Value {
        return AddonData::of(jsEnv).writerClass.New(
            {Napi::External<Opened>::New(jsEnv, &opened), onNews->Value()});
      });
}

WriterObject::WriterObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<WriterObject>(info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsExternal()) throw Napi::TypeError::New(env, "Made by openWriter only");
  writer_ = *info[0].As<Napi::External<std::shared_ptr<LaneWriter>>>().Data();
  scratchMemory_ = std::make_shared<rvfb_submission>();
  scratch_ = addon::ExternalBuffer(env, scratchMemory_, scratchMemory_.get(), sizeof *scratchMemory_);
  pictures_ = addon::ExternalBuffer(env, writer_->pictures(), writer_->pictures()->at(),
                                    writer_->pictures()->bytes());
  signal_ = std::make_unique<addon::JsSignal>(env, info[1].As<Napi::Function>(), "retrovue lane");
  hook_ = std::make_unique<addon::EnvHook>(env, [this] { shut(); });
  watcher_ = std::thread([this] { watch(); });
}

WriterObject::~WriterObject() {
  shut();
}

void WriterObject::watch() {
  // A fresh lane's word is 0: whatever came before this thread did is news.
  std::uint32_t seen = 0;
  while (!stopping_.load(std::memory_order_acquire)) {
    writer_->wait(seen, monoNow() + kWatchSliceNs);
    const std::uint32_t now = writer_->word();
    if (now == seen && !writer_->engineLives()) {
      engineGone_.store(true, std::memory_order_release);
      signal_->raise();
      return;
    }
    if (now != seen) signal_->raise();
    seen = now;
  }
}

void WriterObject::shut() {
  stopping_.store(true, std::memory_order_release);
  if (watcher_.joinable()) {
    writer_->interrupt();
    watcher_.join();
  }
  if (signal_) signal_->close();
}

bool WriterObject::isLive() const {
  return !engineGone_.load(std::memory_order_acquire) && writer_->state() == LaneWriter::State::open;
}

/// The buffer's index, -1 where none is free, or -2 where the lane is not open any more.
Napi::Value WriterObject::loan(const Napi::CallbackInfo& info) {
  if (!isLive()) return Napi::Number::New(info.Env(), -2);
  const auto buffer = writer_->loan();
  return Napi::Number::New(info.Env(), buffer ? static_cast<double>(*buffer) : -1);
}

Napi::Value WriterObject::wantBuffer(const Napi::CallbackInfo& info) {
  writer_->wantBuffer(info[0].ToBoolean());
  return info.Env().Undefined();
}

/// handOver(channels | undefined): hands over what is in the scratch. 0: done, 1: the lane is full, 2: it is
/// not open any more; and 4 more where refusals are waiting to be fetched. The committer finds it when it
/// looks the next time, at its next deadline at the latest; `wake` has it look.
Napi::Value WriterObject::handOver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const double news = writer_->hasRefusals() ? 4 : 0;
  if (!isLive()) return Napi::Number::New(env, 2 + news);
  std::byte* const place = writer_->place();
  if (place == nullptr) return Napi::Number::New(env, 1 + news);
  const rvfb_submission& from = *scratchMemory_;
  auto* into = reinterpret_cast<rvfb_submission*>(place);
  std::memcpy(&into->head, &from.head, sizeof from.head);
  std::memcpy(into->ancillary, from.ancillary, std::min(from.head.ancillary_bytes, RVFB_ANCILLARY_BYTES));
  std::memcpy(into->uri, from.uri, std::min(from.head.uri_bytes, RVFB_URI_BYTES));
  std::memcpy(into->title, from.title, std::min(from.head.title_bytes, RVFB_TITLE_BYTES));
  if (info[0].IsArray()) {
    const auto channels = info[0].As<Napi::Array>();
    const std::uint32_t samples = std::min(from.head.sample_count, writer_->shape().samples_max);
    for (std::uint32_t c = 0; c < writer_->shape().channels && c < channels.Length(); ++c) {
      const Napi::Value channel = channels.Get(c);
      if (!channel.IsTypedArray()) continue;
      const auto array = channel.As<Napi::Float32Array>();
      std::memcpy(writer_->sound(place, c), array.Data(),
                  std::min<std::size_t>(samples, array.ElementLength()) * sizeof(float));
    }
  }
  writer_->submit(false);
  return Napi::Number::New(env, news);
}

/// wake(): has the committer look at what was handed over.
Napi::Value WriterObject::wake(const Napi::CallbackInfo& info) {
  writer_->wake();
  return info.Env().Undefined();
}

Napi::Value WriterObject::release(const Napi::CallbackInfo& info) {
  writer_->release(info[0].As<Napi::Number>(), info[1].ToBoolean());
  return info.Env().Undefined();
}

/// [tick, why], or undefined.
Napi::Value WriterObject::nextRefusal(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto refusal = writer_->nextRefusal();
  if (!refusal) return env.Undefined();
  return numbersOf(env, {static_cast<double>(refusal->tick), static_cast<double>(refusal->why)});
}

Napi::Value WriterObject::isOpen(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), isLive());
}

Napi::Value WriterObject::head(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(writer_->head()));
}

Napi::Value WriterObject::keepAlive(const Napi::CallbackInfo& info) {
  signal_->keepAlive(info[0].ToBoolean());
  return info.Env().Undefined();
}

Napi::Value WriterObject::scratch(const Napi::CallbackInfo& info) {
  return scratch_.value(info.Env());
}

Napi::Value WriterObject::pictures(const Napi::CallbackInfo& info) {
  return pictures_.value(info.Env());
}

Napi::Value WriterObject::header(const Napi::CallbackInfo& info) {
  return copyOf(info.Env(), &writer_->header(), offsetof(rvfb_header, head_tick));
}

Napi::Value WriterObject::close(const Napi::CallbackInfo& info) {
  hook_.reset();
  shut();
  pictures_.detach();
  scratch_.detach();
  return info.Env().Undefined();
}

}  // namespace retrovue::framebus
