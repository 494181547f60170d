#include "reader_object.h"

#include <retrovue/addon/promise_job.h>

#include <array>
#include <cstring>
#include <string>

#include "addon_data.h"
#include "convert.h"

namespace retrovue::framebus {
namespace {

/// A wait without a deadline of its own: JavaScript's signal bounds it. It still ends when the bus goes
/// stale.
constexpr std::int64_t kForeverNs = INT64_MAX;

const char* codeOf(rvfb_status status) {
  switch (status) {
    case RVFB_NOT_FOUND:
      return "BusNotFound";
    case RVFB_INCOMPATIBLE:
      return "BusIncompatible";
    case RVFB_DENIED:
      return "PermissionDenied";
    case RVFB_STALE:
      return "BusStale";
    default:
      return "Internal";
  }
}

std::byte* controlOf(rvfb_reader* reader) {
  return reinterpret_cast<std::byte*>(const_cast<rvfb_header*>(rvfb_reader_header(reader)));
}

}  // namespace

Napi::Function ReaderObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeReader",
      {InstanceMethod<&ReaderObject::read>("read"), InstanceMethod<&ReaderObject::wait>("wait"),
       InstanceMethod<&ReaderObject::waited>("waited"), InstanceMethod<&ReaderObject::interrupt>("interrupt"),
       InstanceMethod<&ReaderObject::intact>("intact"), InstanceMethod<&ReaderObject::sound>("sound"),
       InstanceMethod<&ReaderObject::asset>("asset"), InstanceMethod<&ReaderObject::mapping>("mapping"),
       InstanceMethod<&ReaderObject::now>("now"), InstanceMethod<&ReaderObject::head>("head"),
       InstanceMethod<&ReaderObject::oldest>("oldest"), InstanceMethod<&ReaderObject::show>("show"),
       InstanceMethod<&ReaderObject::scratch>("scratch"), InstanceMethod<&ReaderObject::pictures>("pictures"),
       InstanceMethod<&ReaderObject::reserved>("reserved"), InstanceMethod<&ReaderObject::header>("header"),
       InstanceMethod<&ReaderObject::close>("close")});
}

Napi::Value ReaderObject::open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = info[0].ToString();
  const std::string name = info[1].ToString();
  using Opened = std::shared_ptr<Guarded>;
  auto onWaited = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[2].As<Napi::Function>()));
  return addon::runJob<Opened>(
      env, AddonData::of(env).setup, {info[2]},
      [path, name]() -> Expected<Opened> {
        rvfb_reader* reader = nullptr;
        const rvfb_status status = rvfb_reader_open(path.c_str(), name.c_str(), &reader);
        if (status == RVFB_SYSTEM) return systemFailure("Internal", "Cannot open the bus " + path);
        if (status != RVFB_OK) {
          return Failure{codeOf(status), "Cannot read " + path + ": " + rvfb_status_text(status) + ".", 0};
        }
        return std::make_shared<Guarded>(reader);
      },
      [onWaited](Napi::Env jsEnv, Opened opened) -> Napi::Value {
        return AddonData::of(jsEnv).readerClass.New(
            {Napi::External<Opened>::New(jsEnv, &opened), onWaited->Value()});
      });
}

ReaderObject::ReaderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ReaderObject>(info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsExternal()) throw Napi::TypeError::New(env, "Made by openReader only");
  guarded_ = *info[0].As<Napi::External<std::shared_ptr<Guarded>>>().Data();
  reader_ = std::shared_ptr<rvfb_reader>(guarded_, guarded_->reader);
  const rvfb_header& h = *rvfb_reader_header(reader_.get());
  scratchMemory_ = std::make_shared<Scratch>();
  scratch_ = addon::ExternalBuffer(env, scratchMemory_, scratchMemory_.get(), sizeof *scratchMemory_);
  // Read-only memory behind a writable type: storing to it faults, as the port says.
  pictures_ = addon::ExternalBuffer(
      env, reader_, const_cast<std::uint8_t*>(rvfb_reader_pictures(reader_.get())), h.pictures_bytes);
  slate_ =
      addon::ExternalBuffer(env, reader_, controlOf(reader_.get()) + h.slate_offset, h.format.picture_bytes);
  black_ =
      addon::ExternalBuffer(env, reader_, controlOf(reader_.get()) + h.black_offset, h.format.picture_bytes);
  signal_ = std::make_unique<addon::JsSignal>(env, info[1].As<Napi::Function>(), "retrovue reader");
  hook_ = std::make_unique<addon::EnvHook>(env, [this] { shut(); });
}

ReaderObject::~ReaderObject() {
  shut();
}

ReaderObject::Guarded::Guarded(rvfb_reader* opened)
    : reader(opened),
      control(controlOf(opened), rvfb_reader_header(opened)->object_bytes, false),
      pictures(const_cast<std::uint8_t*>(rvfb_reader_pictures(opened)),
               rvfb_reader_header(opened)->pictures_bytes, false) {}

ReaderObject::Guarded::~Guarded() {
  control = CutGuard();
  pictures = CutGuard();
  rvfb_reader_close(reader);
}

void ReaderObject::shut() {
  if (waiter_) {
    rvfb_reader_interrupt(reader_.get());
    waiter_->stop();
    waiter_.reset();
  }
  if (signal_) signal_->close();
}

/// read(tick): an rvfb_status; on 0 the scratch holds slot and ancillary.
Napi::Value ReaderObject::read(const Napi::CallbackInfo& info) {
  rvfb_frame frame;
  rvfb_status status = rvfb_reader_read(reader_.get(), info[0].As<Napi::Number>().Int64Value(), &frame);
  if (guarded_->control.isCut()) status = RVFB_STALE;
  if (status == RVFB_OK) {
    std::memcpy(&scratchMemory_->slot, &frame.slot, sizeof frame.slot);
    std::memcpy(scratchMemory_->ancillary, frame.ancillary, sizeof frame.ancillary);
  }
  return Napi::Number::New(info.Env(), status);
}

/// wait(tick): the signal is raised when `waited()` has an answer. One wait at a time. False if one is under
/// way.
Napi::Value ReaderObject::wait(const Napi::CallbackInfo& info) {
  const std::int64_t tick = info[0].As<Napi::Number>().Int64Value();
  // Made at the first wait: a reader that only looks at what is there needs no thread.
  if (!waiter_) waiter_ = std::make_unique<OwnerThread>(1);
  waitStatus_.store(RVFB_NOT_YET, std::memory_order_relaxed);
  const bool posted = waiter_->post([this, tick](bool run) {
    if (!run) return;
    waitStatus_.store(rvfb_reader_wait(reader_.get(), tick, kForeverNs), std::memory_order_release);
    signal_->raise();
  });
  if (posted) signal_->keepAlive(true);
  return Napi::Boolean::New(info.Env(), posted);
}

/// How the wait ended; 1 (not yet) while it goes on.
Napi::Value ReaderObject::waited(const Napi::CallbackInfo& info) {
  const int status = waitStatus_.load(std::memory_order_acquire);
  if (status != RVFB_NOT_YET) signal_->keepAlive(false);
  return Napi::Number::New(info.Env(), status);
}

Napi::Value ReaderObject::interrupt(const Napi::CallbackInfo& info) {
  rvfb_reader_interrupt(reader_.get());
  return info.Env().Undefined();
}

/// intact(buffer, generation)
Napi::Value ReaderObject::intact(const Napi::CallbackInfo& info) {
  rvfb_slot slot{};
  slot.buffer = info[0].As<Napi::Number>().Uint32Value();
  slot.buffer_generation = static_cast<std::uint64_t>(info[1].As<Napi::Number>().Int64Value());
  const bool isWhole = !guarded_->pictures.isCut() && !guarded_->control.isCut();
  return Napi::Boolean::New(info.Env(), isWhole && rvfb_reader_intact(reader_.get(), &slot) != 0);
}

/// sound(start, count, channels, offset): copies; false where it was overwritten meanwhile.
Napi::Value ReaderObject::sound(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  rvfb_slot slot{};
  slot.sample_start = static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value());
  slot.sample_count = info[1].As<Napi::Number>().Uint32Value();
  const auto channels = info[2].As<Napi::Array>();
  const std::uint32_t offset = info[3].As<Napi::Number>().Uint32Value();
  std::array<float*, 8> into{};
  const std::uint32_t count = std::min<std::uint32_t>(channels.Length(), into.size());
  for (std::uint32_t c = 0; c < count; ++c) {
    const Napi::Value channel = channels.Get(c);
    if (!channel.IsTypedArray()) return Napi::Boolean::New(env, false);
    auto array = channel.As<Napi::Float32Array>();
    // Checked in TypeScript already; a write past the end is not risked on that.
    if (std::size_t{offset} + slot.sample_count > array.ElementLength())
      return Napi::Boolean::New(env, false);
    into[c] = array.Data() + offset;
  }
  return Napi::Boolean::New(env, rvfb_reader_sound(reader_.get(), &slot, into.data(), count) != 0);
}

/// asset(index, generation): [uri, title] as bytes, or an rvfb_status.
Napi::Value ReaderObject::asset(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  rvfb_slot slot{};
  slot.asset_index = info[0].As<Napi::Number>().Uint32Value();
  slot.asset_generation = info[1].As<Napi::Number>().Uint32Value();
  rvfb_asset asset;
  const rvfb_status status = rvfb_reader_asset(reader_.get(), &slot, &asset);
  if (status != RVFB_OK) return Napi::Number::New(env, status);
  return arrayOf(env, {copyOf(env, asset.uri, asset.uri_bytes), copyOf(env, asset.title, asset.title_bytes)});
}

/// mapping(): leaves it in the scratch.
Napi::Value ReaderObject::mapping(const Napi::CallbackInfo& info) {
  rvfb_reader_mapping(reader_.get(), &scratchMemory_->mapping);
  return info.Env().Undefined();
}

Napi::Value ReaderObject::now(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), rvfb_reader_now(reader_.get()));
}

Napi::Value ReaderObject::head(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(rvfb_reader_head(reader_.get())));
}

Napi::Value ReaderObject::oldest(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(rvfb_reader_oldest(reader_.get())));
}

/// show(cursor, overruns)
Napi::Value ReaderObject::show(const Napi::CallbackInfo& info) {
  rvfb_reader_show(reader_.get(), info[0].As<Napi::Number>().Int64Value(),
                   static_cast<std::uint64_t>(info[1].As<Napi::Number>().Int64Value()));
  return info.Env().Undefined();
}

Napi::Value ReaderObject::scratch(const Napi::CallbackInfo& info) {
  return scratch_.value(info.Env());
}

Napi::Value ReaderObject::pictures(const Napi::CallbackInfo& info) {
  return pictures_.value(info.Env());
}

/// reserved(isSlate)
Napi::Value ReaderObject::reserved(const Napi::CallbackInfo& info) {
  return (info[0].ToBoolean() ? slate_ : black_).value(info.Env());
}

Napi::Value ReaderObject::header(const Napi::CallbackInfo& info) {
  return copyOf(info.Env(), rvfb_reader_header(reader_.get()), offsetof(rvfb_header, head_tick));
}

Napi::Value ReaderObject::close(const Napi::CallbackInfo& info) {
  hook_.reset();
  shut();
  // The entry in the readers table goes now; the mapping goes when the last view has been finalized.
  rvfb_reader_leave(reader_.get());
  scratch_.detach();
  pictures_.detach();
  slate_.detach();
  black_.detach();
  return info.Env().Undefined();
}

}  // namespace retrovue::framebus
