#pragma once
#include <napi.h>
#include <retrovue/addon/env_hook.h>
#include <retrovue/addon/external_buffer.h>
#include <retrovue/addon/js_signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "committer.h"

namespace retrovue::framebus {

/// JavaScript's handle of a committer. A thread of its own waits for events and raises a signal, so that the
/// committer's thread never touches anything of JavaScript's.
class CommitterObject : public Napi::ObjectWrap<CommitterObject> {
 public:
  static Napi::Function define(Napi::Env env);
  /// createCommitter(spec, place, readersTable | undefined, onEvents) → Promise
  static Napi::Value create(const Napi::CallbackInfo& info);
  explicit CommitterObject(const Napi::CallbackInfo& info);
  ~CommitterObject() override;

 private:
  Napi::Value start(const Napi::CallbackInfo& info);
  Napi::Value openLane(const Napi::CallbackInfo& info);
  Napi::Value retireLane(const Napi::CallbackInfo& info);
  Napi::Value expect(const Napi::CallbackInfo& info);
  Napi::Value setPolicy(const Napi::CallbackInfo& info);
  Napi::Value setReason(const Napi::CallbackInfo& info);
  Napi::Value setMapping(const Napi::CallbackInfo& info);
  Napi::Value head(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value airCounts(const Napi::CallbackInfo& info);
  Napi::Value readers(const Napi::CallbackInfo& info);
  Napi::Value nextEvent(const Napi::CallbackInfo& info);
  Napi::Value slate(const Napi::CallbackInfo& info);
  Napi::Value header(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void shut();

  std::unique_ptr<Committer> committer_;
  std::unique_ptr<addon::JsSignal> signal_;
  std::unique_ptr<addon::EnvHook> hook_;
  addon::ExternalBuffer slate_;
  std::thread events_;
};

}  // namespace retrovue::framebus
