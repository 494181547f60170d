#pragma once
#include <napi.h>
#include <retrovue/addon/env_hook.h>
#include <retrovue/addon/external_buffer.h>
#include <retrovue/addon/js_signal.h>
#include <retrovue/frame_bus_reader.h>
#include <retrovue/owner_thread.h>

#include <atomic>
#include <memory>

#include "cut_guard.h"

namespace retrovue::framebus {

/// JavaScript's handle of a reader. Reading is synchronous and takes under a microsecond; waiting happens on
/// a thread of the reader's own, which raises a signal when it is over, so that no wait occupies libuv's
/// pool.
///
/// `read` fills `scratch`: the slot's 512 bytes, the ancillary area's 1 024, then the mapping's 64.
class ReaderObject : public Napi::ObjectWrap<ReaderObject> {
 public:
  static Napi::Function define(Napi::Env env);
  /// openReader(controlPath, name, onWaited) → Promise
  static Napi::Value open(const Napi::CallbackInfo& info);
  explicit ReaderObject(const Napi::CallbackInfo& info);
  ~ReaderObject() override;

 private:
  struct Scratch {
    rvfb_slot slot;
    std::uint8_t ancillary[RVFB_ANCILLARY_BYTES];
    rvfb_mapping mapping;
  };

  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value wait(const Napi::CallbackInfo& info);
  Napi::Value waited(const Napi::CallbackInfo& info);
  Napi::Value interrupt(const Napi::CallbackInfo& info);
  Napi::Value intact(const Napi::CallbackInfo& info);
  Napi::Value sound(const Napi::CallbackInfo& info);
  Napi::Value asset(const Napi::CallbackInfo& info);
  Napi::Value mapping(const Napi::CallbackInfo& info);
  Napi::Value now(const Napi::CallbackInfo& info);
  Napi::Value head(const Napi::CallbackInfo& info);
  Napi::Value oldest(const Napi::CallbackInfo& info);
  Napi::Value show(const Napi::CallbackInfo& info);
  Napi::Value scratch(const Napi::CallbackInfo& info);
  Napi::Value pictures(const Napi::CallbackInfo& info);
  Napi::Value reserved(const Napi::CallbackInfo& info);
  Napi::Value header(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void shut();

  /// The reader with guards over what it has mapped: both objects may be cut short by a worker of our user.
  struct Guarded {
    explicit Guarded(rvfb_reader* opened);
    ~Guarded();
    rvfb_reader* reader;
    CutGuard control;
    CutGuard pictures;
  };

  std::shared_ptr<Guarded> guarded_;
  std::shared_ptr<rvfb_reader> reader_;
  std::shared_ptr<Scratch> scratchMemory_;
  addon::ExternalBuffer scratch_;
  addon::ExternalBuffer pictures_;
  addon::ExternalBuffer slate_;
  addon::ExternalBuffer black_;
  std::unique_ptr<addon::JsSignal> signal_;
  std::unique_ptr<addon::EnvHook> hook_;
  std::atomic<int> waitStatus_{RVFB_NOT_YET};
  std::unique_ptr<OwnerThread> waiter_;
};

}  // namespace retrovue::framebus
