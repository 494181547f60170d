#pragma once
#include <napi.h>
#include <retrovue/addon/env_hook.h>
#include <retrovue/addon/external_buffer.h>
#include <retrovue/addon/js_signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "lane_writer.h"

namespace retrovue::framebus {

/// JavaScript's handle of a worker's end of a lane. All methods run on the JS thread; a thread of its own
/// waits for what the committer has to tell (buffers, refusals, the end) and raises a signal.
///
/// JavaScript puts a submission's head, ancillary and text together in `scratch`, an ArrayBuffer with the
/// layout of `rvfb_submission`, and crosses once.
class WriterObject : public Napi::ObjectWrap<WriterObject> {
 public:
  static Napi::Function define(Napi::Env env);
  /// openWriter(controlPath, lanePath, lane, onNews) → Promise
  static Napi::Value open(const Napi::CallbackInfo& info);
  explicit WriterObject(const Napi::CallbackInfo& info);
  ~WriterObject() override;

 private:
  Napi::Value loan(const Napi::CallbackInfo& info);
  Napi::Value wantBuffer(const Napi::CallbackInfo& info);
  Napi::Value handOver(const Napi::CallbackInfo& info);
  Napi::Value wake(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);
  Napi::Value nextRefusal(const Napi::CallbackInfo& info);
  Napi::Value isOpen(const Napi::CallbackInfo& info);
  Napi::Value head(const Napi::CallbackInfo& info);
  Napi::Value keepAlive(const Napi::CallbackInfo& info);
  Napi::Value scratch(const Napi::CallbackInfo& info);
  Napi::Value pictures(const Napi::CallbackInfo& info);
  Napi::Value header(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  bool isLive() const;
  void watch();
  void shut();

  std::shared_ptr<LaneWriter> writer_;
  std::shared_ptr<rvfb_submission> scratchMemory_;
  addon::ExternalBuffer pictures_;
  addon::ExternalBuffer scratch_;
  std::unique_ptr<addon::JsSignal> signal_;
  std::unique_ptr<addon::EnvHook> hook_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> engineGone_{false};
  std::thread watcher_;
};

}  // namespace retrovue::framebus
