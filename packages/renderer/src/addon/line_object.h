#pragma once
#include <napi.h>

#include <atomic>
#include <memory>

#include "fed_source.h"
#include "pipe_outlet.h"
#include "render_line.h"
#include "retrovue/addon/env_hook.h"
#include "retrovue/addon/js_signal.h"

namespace retrovue::renderer {

/// `new Line(spec, leadNs, mapping, controlPath | undefined, onNews, burstNs)`: a channel's encoder, muxer and pacer, running. Throws
/// `UnsupportedMedia` or `InvalidConfig`. With a path it maps the bus by itself; without, ticks are lent by JavaScript.
/// `onNews` is called when there is something to fetch, when another tick is wanted, when the lent one is done with, and
/// at a failure. `src/native.ts` says the rest.
class LineObject : public Napi::ObjectWrap<LineObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LineObject(const Napi::CallbackInfo& info);
  ~LineObject() override;

 private:
  Napi::Value follow(const Napi::CallbackInfo& info);
  Napi::Value fetch(const Napi::CallbackInfo& info);
  Napi::Value pipeTo(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value failure(const Napi::CallbackInfo& info);
  Napi::Value wanted(const Napi::CallbackInfo& info);
  Napi::Value isLent(const Napi::CallbackInfo& info);
  Napi::Value lend(const Napi::CallbackInfo& info);
  Napi::Value overrun(const Napi::CallbackInfo& info);
  Napi::Value opened(const Napi::CallbackInfo& info);
  Napi::Value incompatible(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void stop();

  // Destroyed from the end: the hook, then the outlet and the line, whose threads use everything else. `stop` ends those threads first.
  EncodeSpec spec_;
  std::unique_ptr<addon::JsSignal> signal_;
  std::unique_ptr<HouseClock> clock_;
  std::unique_ptr<TickSource> source_;
  /// The same, where JavaScript lends the ticks.
  FedSource* fed_ = nullptr;
  /// What is lent, kept from the collector.
  Napi::ObjectReference lentPlanes_, lentSound_;
  std::unique_ptr<RenderLine> line_;
  std::unique_ptr<PipeOutlet> outlet_;
  /// The same, for the pacing thread; null while JavaScript fetches.
  std::atomic<PipeOutlet*> piped_{nullptr};
  std::unique_ptr<addon::EnvHook> hook_;
};

}  // namespace retrovue::renderer
