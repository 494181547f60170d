#include "committer_object.h"

#include <retrovue/addon/js_error.h>
#include <retrovue/addon/promise_job.h>

#include <utility>

#include "addon_data.h"
#include "convert.h"
#include "futex.h"
#include "readers_table_object.h"

namespace retrovue::framebus {
namespace {

/// What the promise job hands from the setup thread to the constructor.
struct Made {
  std::unique_ptr<Committer> committer;
};

constexpr std::int64_t kEventWaitNs = 1'000'000'000;

Expectation expectationOf(const Napi::Object& from) {
  Expectation entry;
  entry.firstTick = static_cast<std::int64_t>(numberOf(from, "firstTick"));
  entry.planRevision = static_cast<std::uint64_t>(numberOf(from, "planRevision"));
  entry.pad = from.Get("pad").ToBoolean();
  entry.assetUri = from.Get("assetUri").ToString();
  entry.assetTitle = from.Get("assetTitle").ToString();
  const Napi::Value id = from.Get("segmentId");
  if (id.IsTypedArray() && id.As<Napi::Uint8Array>().ByteLength() == entry.segmentId.size()) {
    std::memcpy(entry.segmentId.data(), id.As<Napi::Uint8Array>().Data(), entry.segmentId.size());
  }
  return entry;
}

}  // namespace

Napi::Function CommitterObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeCommitter",
      {InstanceMethod<&CommitterObject::start>("start"),
       InstanceMethod<&CommitterObject::openLane>("openLane"),
       InstanceMethod<&CommitterObject::retireLane>("retireLane"),
       InstanceMethod<&CommitterObject::expect>("expect"),
       InstanceMethod<&CommitterObject::setPolicy>("setPolicy"),
       InstanceMethod<&CommitterObject::setReason>("setReason"),
       InstanceMethod<&CommitterObject::setMapping>("setMapping"),
       InstanceMethod<&CommitterObject::head>("head"), InstanceMethod<&CommitterObject::counters>("counters"),
       InstanceMethod<&CommitterObject::airCounts>("airCounts"),
       InstanceMethod<&CommitterObject::readers>("readers"),
       InstanceMethod<&CommitterObject::nextEvent>("nextEvent"),
       InstanceMethod<&CommitterObject::slate>("slate"), InstanceMethod<&CommitterObject::header>("header"),
       InstanceMethod<&CommitterObject::close>("close")});
}

Napi::Value CommitterObject::create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto& data = AddonData::of(env);
  const BusSpec spec = specOf(info[0].As<Napi::Object>());
  const Place place = placeOf(info[1].As<Napi::Object>());
  std::shared_ptr<ReadersTable> table;
  addon::Pinned pinned{info[3]};
  if (info[2].IsObject()) {
    table = ReadersTableObject::Unwrap(info[2].As<Napi::Object>())->table();
    pinned.push_back(info[2]);
  }
  auto onEvents = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[3].As<Napi::Function>()));
  return addon::runJob<std::shared_ptr<Made>>(
      env, data.setup, pinned,
      [spec, place, table]() -> Expected<std::shared_ptr<Made>> {
        auto made = Committer::create(spec, place, table);
        if (!made) return made.failure();
        return std::make_shared<Made>(Made{std::move(*made)});
      },
      [onEvents](Napi::Env jsEnv, std::shared_ptr<Made> made) -> Napi::Value {
        return AddonData::of(jsEnv).committerClass.New(
            {Napi::External<Made>::New(jsEnv, made.get()), onEvents->Value()});
      });
}

CommitterObject::CommitterObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CommitterObject>(info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsExternal()) throw Napi::TypeError::New(env, "Made by createCommitter only");
  committer_ = std::move(info[0].As<Napi::External<Made>>().Data()->committer);
  const rvfb_header& h = committer_->header();
  slate_ = addon::ExternalBuffer(env, committer_->control(), committer_->control()->at(h.slate_offset),
                                 h.format.picture_bytes);
  signal_ = std::make_unique<addon::JsSignal>(env, info[1].As<Napi::Function>(), "retrovue committer events");
  hook_ = std::make_unique<addon::EnvHook>(env, [this] { shut(); });
  events_ = std::thread([this] {
    std::uint32_t seen = 0;
    for (;;) {
      if (!committer_->waitForEvents(seen, monoNow() + kEventWaitNs)) return;
      const std::uint32_t now = committer_->eventWord();
      if (now != seen) signal_->raise();
      seen = now;
    }
  });
}

CommitterObject::~CommitterObject() {
  shut();
}

/// Ends both threads and removes the bus. The handle stays, to answer `nextEvent` and counters.
void CommitterObject::shut() {
  if (committer_) committer_->close();
  if (events_.joinable()) events_.join();
  if (signal_) signal_->close();
}

Napi::Value CommitterObject::start(const Napi::CallbackInfo& info) {
  committer_->start(info[0].As<Napi::Number>().Int64Value());
  return info.Env().Undefined();
}

Napi::Value CommitterObject::openLane(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto ticket = committer_->openLane();
  if (!ticket) return addon::throwFailure(env, ticket.failure());
  return objectOf(
      env, {{"lane", Napi::Number::New(env, ticket->lane)}, {"path", Napi::String::New(env, ticket->path)}});
}

Napi::Value CommitterObject::retireLane(const Napi::CallbackInfo& info) {
  committer_->retireLane(info[0].As<Napi::Number>(), info[1].As<Napi::Number>());
  return info.Env().Undefined();
}

Napi::Value CommitterObject::expect(const Napi::CallbackInfo& info) {
  const auto from = info[0].As<Napi::Array>();
  std::vector<Expectation> entries;
  for (std::uint32_t i = 0; i < from.Length(); ++i) {
    entries.push_back(expectationOf(from.Get(i).As<Napi::Object>()));
  }
  committer_->expect(std::move(entries));
  return info.Env().Undefined();
}

Napi::Value CommitterObject::setPolicy(const Napi::CallbackInfo& info) {
  const auto after = static_cast<StandInKind>(info[1].As<Napi::Number>().Uint32Value());
  committer_->setPolicy({info[0].As<Napi::Number>(), after});
  return info.Env().Undefined();
}

Napi::Value CommitterObject::setReason(const Napi::CallbackInfo& info) {
  committer_->setReason(info[0].As<Napi::Number>());
  return info.Env().Undefined();
}

Napi::Value CommitterObject::setMapping(const Napi::CallbackInfo& info) {
  committer_->setMapping(mappingOf(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

Napi::Value CommitterObject::head(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(committer_->head()));
}

Napi::Value CommitterObject::counters(const Napi::CallbackInfo& info) {
  const rvfb_counters counters = committer_->counters();
  const auto real = [](std::uint64_t count) { return static_cast<double>(count); };
  return numbersOf(info.Env(), {real(counters.committed), real(counters.holds), real(counters.slates),
                                real(counters.blacks), real(counters.refused), real(counters.late_commits),
                                real(counters.submitted), committer_->isRealtime() ? 1.0 : 0.0});
}

/// The last tick with whole sound, then stand-ins by kind and, within that, by reason.
Napi::Value CommitterObject::airCounts(const Napi::CallbackInfo& info) {
  const AirCounts counts = committer_->airCounts();
  std::vector<double> numbers{static_cast<double>(counts.soundThrough)};
  for (const auto& kind : counts.standIns) numbers.insert(numbers.end(), kind.begin(), kind.end());
  return numbersOf(info.Env(), numbers);
}

Napi::Value CommitterObject::readers(const Napi::CallbackInfo& info) {
  return ReadersTableObject::rowsToJs(info.Env(), committer_->readers());
}

/// [type, tick, flag, reason, ticks], or undefined.
Napi::Value CommitterObject::nextEvent(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto event = committer_->nextEvent();
  if (!event) return env.Undefined();
  return numbersOf(env, {static_cast<double>(event->type), static_cast<double>(event->tick),
                         static_cast<double>(event->flag), static_cast<double>(event->reason),
                         static_cast<double>(event->ticks)});
}

Napi::Value CommitterObject::slate(const Napi::CallbackInfo& info) {
  return slate_.value(info.Env());
}

Napi::Value CommitterObject::header(const Napi::CallbackInfo& info) {
  return copyOf(info.Env(), &committer_->header(), offsetof(rvfb_header, head_tick));
}

Napi::Value CommitterObject::close(const Napi::CallbackInfo& info) {
  hook_.reset();
  shut();
  slate_.detach();
  return info.Env().Undefined();
}

}  // namespace retrovue::framebus
