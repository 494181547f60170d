#include "line_object.h"

#include <algorithm>
#include <array>

#include "bus_source.h"
#include "convert.h"
#include "retrovue/addon/js_error.h"

namespace retrovue::renderer {
namespace {

/// Numbers of a portion in the table that `fetch` fills: offset, bytes, random access, tick.
constexpr std::size_t kPortionNumbers = 4;
/// Portions fetched in one call at most.
constexpr std::size_t kPortionsMax = 64;

constexpr const char* kReaderName = "renderer";

}  // namespace

Napi::Function LineObject::define(Napi::Env env) {
  return DefineClass(
      env, "Line",
      {InstanceMethod<&LineObject::follow>("follow"), InstanceMethod<&LineObject::fetch>("fetch"),
       InstanceMethod<&LineObject::pipeTo>("pipeTo"),
       InstanceMethod<&LineObject::counters>("counters"), InstanceMethod<&LineObject::failure>("failure"),
       InstanceMethod<&LineObject::wanted>("wanted"), InstanceMethod<&LineObject::isLent>("isLent"),
       InstanceMethod<&LineObject::lend>("lend"), InstanceMethod<&LineObject::overrun>("overrun"),
       InstanceMethod<&LineObject::opened>("opened"), InstanceMethod<&LineObject::incompatible>("incompatible"),
       InstanceMethod<&LineObject::close>("close")});
}

LineObject::LineObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<LineObject>(info), spec_(encodeSpecOf(info[0].As<Napi::Object>())) {
  const Napi::Env env = info.Env();
  clock_ = std::make_unique<HouseClock>(mappingOf(info[2].As<Napi::Object>()));
  signal_ = std::make_unique<addon::JsSignal>(env, info[4].As<Napi::Function>(), "retrovue renderer");
  const auto tell = [this] { signal_->raise(); };
  if (info[3].IsString()) {
    source_ = std::make_unique<BusSource>(info[3].As<Napi::String>().Utf8Value(), kReaderName, spec_, *clock_);
  } else {
    auto fed = std::make_unique<FedSource>(tell);
    fed_ = fed.get();
    source_ = std::move(fed);
  }
  const auto left = [this, tell] {
    PipeOutlet* piped = piped_.load();
    if (piped != nullptr) piped->wake();
    else tell();
  };
  const LeaveTimes times{info[1].As<Napi::Number>().Int64Value(),
                         info[5].IsNumber() ? info[5].As<Napi::Number>().Int64Value() : 0};
  auto line = RenderLine::open(spec_, times, *source_, *clock_, {left, tell});
  if (!line) addon::throwFromConstructor(env, line.failure());
  line_ = std::move(*line);
  signal_->keepAlive(true);
  hook_ = std::make_unique<addon::EnvHook>(env, [this] {
    stop();
    signal_->close();
  });
}

LineObject::~LineObject() {
  if (line_ != nullptr) stop();
}

/// The line first: its pacing thread wakes the outlet.
void LineObject::stop() {
  line_->stop();
  if (outlet_ != nullptr) outlet_->stop();
}

Napi::Value LineObject::pipeTo(const Napi::CallbackInfo& info) {
  if (outlet_ == nullptr) {
    outlet_ = std::make_unique<PipeOutlet>(line_->pacer(), info[0].As<Napi::Number>().Int32Value());
    piped_.store(outlet_.get());
    // What has left already.
    outlet_->wake();
  }
  return info.Env().Undefined();
}

Napi::Value LineObject::follow(const Napi::CallbackInfo& info) {
  clock_->follow(mappingOf(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

Napi::Value LineObject::fetch(const Napi::CallbackInfo& info) {
  auto into = info[0].As<Napi::Uint8Array>();
  auto table = info[1].As<Napi::Float64Array>();
  std::array<Pacer::Portion, kPortionsMax> portions;
  const std::size_t room = std::min(kPortionsMax, table.ElementLength() / kPortionNumbers);
  const std::span<std::uint8_t> bytes(into.Data(), into.ByteLength());
  const std::size_t count = line_->pacer().fetch(bytes, std::span(portions).first(room));
  for (std::size_t i = 0; i < count; ++i) {
    double* numbers = table.Data() + i * kPortionNumbers;
    numbers[0] = static_cast<double>(portions[i].offset);
    numbers[1] = static_cast<double>(portions[i].bytes);
    numbers[2] = portions[i].randomAccess ? 1 : 0;
    numbers[3] = static_cast<double>(portions[i].tick);
  }
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

/// Fills the table in the order of src/native.ts.
Napi::Value LineObject::counters(const Napi::CallbackInfo& info) {
  auto table = info[0].As<Napi::Float64Array>();
  const RenderCounters& counters = line_->counters();
  std::size_t at = 0;
  const auto put = [&](auto value) {
    if (at < table.ElementLength()) table[at++] = static_cast<double>(value);
  };
  for (const auto* counter : {&counters.encoded, &counters.missed, &counters.late, &counters.torn}) put(counter->load());
  put(line_->pacer().bytesLeft());
  put(line_->pacer().dropped());
  put(source_->opens());
  put(counters.frameGapNs.load());
  put(line_->pacer().isRealtime() ? 1 : 0);
  put(counters.overflows.load());
  put(counters.latencyNsSum.load());
  for (const auto& bucket : counters.latency) put(bucket.load());
  return info.Env().Undefined();
}

Napi::Value LineObject::failure(const Napi::CallbackInfo& info) {
  const auto failure = line_->failure();
  return failure ? Napi::Value(info.Env(), addon::toJsError(info.Env(), *failure)) : info.Env().Undefined();
}

Napi::Value LineObject::wanted(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), fed_ == nullptr ? -2.0 : static_cast<double>(fed_->wanted()));
}

Napi::Value LineObject::isLent(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), fed_ != nullptr && fed_->isLent());
}

/// lend(tick, planes, strides, channels, sampleStart, samples, soundIntact): false where the planes or the sound are too small.
Napi::Value LineObject::lend(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (fed_ == nullptr) return Napi::Boolean::New(env, false);
  const LentPlanes lent = lentPlanes(info[1].As<Napi::Array>(), info[2].As<Napi::Array>());
  if (!holds(lent, spec_.pixelFormat, spec_.width, spec_.height)) return Napi::Boolean::New(env, false);
  TakenTick taken;
  taken.tick = info[0].As<Napi::Number>().Int64Value();
  taken.planes = lent.planes;
  taken.strides = lent.strides;
  const auto channels = info[3].As<Napi::Array>();
  taken.sampleStart = info[4].As<Napi::Number>().Int64Value();
  taken.samples = info[5].As<Napi::Number>().Uint32Value();
  taken.soundIntact = info[6].ToBoolean();
  if (channels.Length() < static_cast<std::uint32_t>(spec_.channels)) return Napi::Boolean::New(env, false);
  for (std::uint32_t c = 0; c < static_cast<std::uint32_t>(spec_.channels); ++c) {
    const auto channel = channels.Get(c).As<Napi::Float32Array>();
    if (channel.ElementLength() < taken.samples) return Napi::Boolean::New(env, false);
    taken.sound[c] = channel.Data();
  }
  lentPlanes_ = Napi::Persistent(info[1].As<Napi::Object>());
  lentSound_ = Napi::Persistent(info[3].As<Napi::Object>());
  fed_->lend(taken);
  return Napi::Boolean::New(env, true);
}

Napi::Value LineObject::overrun(const Napi::CallbackInfo& info) {
  const auto whole = [&](std::size_t at) { return info[at].As<Napi::Number>().Int64Value(); };
  if (fed_ != nullptr) fed_->overrun(whole(0), whole(1));
  return info.Env().Undefined();
}

Napi::Value LineObject::opened(const Napi::CallbackInfo& info) {
  if (fed_ != nullptr) fed_->opened();
  return info.Env().Undefined();
}

Napi::Value LineObject::incompatible(const Napi::CallbackInfo& info) {
  if (fed_ != nullptr) fed_->incompatible();
  return info.Env().Undefined();
}

Napi::Value LineObject::close(const Napi::CallbackInfo& info) {
  stop();
  signal_->close();
  lentPlanes_.Reset();
  lentSound_.Reset();
  return info.Env().Undefined();
}

}  // namespace retrovue::renderer
