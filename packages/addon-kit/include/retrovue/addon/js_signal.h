#pragma once
#include <napi.h>

#include <atomic>

namespace retrovue::addon {

/// Calls a JS function, without arguments, from any thread. Signals coalesce: however often it is raised
/// before JavaScript gets round to it, there is one call, which then fetches whatever is there. So the queue
/// is bounded by one and a slow event loop grows nothing.
///
/// Made and closed on the JS thread; `raise` from any thread until `close`. Does not keep the process alive
/// unless told. When the environment ends first, `raise` becomes quiet.
class JsSignal {
 public:
  JsSignal(Napi::Env env, Napi::Function callback, const char* name) : env_(env), state_(new State()) {
    const napi_status made =
        napi_create_threadsafe_function(env, callback, nullptr, Napi::String::New(env, name), 0, 1, state_,
                                        &JsSignal::finalize, state_, &JsSignal::call, &function_);
    if (made != napi_ok) {
      delete state_;
      closed_ = true;
      throw Napi::Error::New(env, "Cannot make a thread-safe function");
    }
    napi_unref_threadsafe_function(env, function_);
  }
  ~JsSignal() { close(); }
  JsSignal(const JsSignal&) = delete;
  JsSignal& operator=(const JsSignal&) = delete;

  void raise() {
    if (closed_.load(std::memory_order_acquire)) return;
    if (state_->queued.exchange(true, std::memory_order_acq_rel)) return;
    // After `napi_closing` the function may not be touched again by anyone (Node-API: thread-safe functions).
    if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_closing) {
      closed_.store(true, std::memory_order_release);
    }
  }

  /// While true, the event loop does not end. JS thread only.
  void keepAlive(bool alive) {
    if (closed_.load(std::memory_order_acquire) || alive == alive_) return;
    alive_ = alive;
    if (alive) {
      napi_ref_threadsafe_function(env_, function_);
    } else {
      napi_unref_threadsafe_function(env_, function_);
    }
  }

  /// No thread may be in `raise` any more. Idempotent.
  void close() {
    if (closed_.exchange(true, std::memory_order_acq_rel)) return;
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }

 private:
  struct State {
    std::atomic<bool> queued{false};
  };

  static void call(napi_env env, napi_value callback, void* context, void* /*data*/) {
    static_cast<State*>(context)->queued.store(false, std::memory_order_release);
    if (env == nullptr || callback == nullptr) return;
    napi_value self = nullptr;
    napi_get_undefined(env, &self);
    napi_call_function(env, self, callback, 0, nullptr, nullptr);
  }
  static void finalize(napi_env /*env*/, void* data, void* /*hint*/) { delete static_cast<State*>(data); }

  napi_env env_;
  State* state_;  // The function's own; freed by its finalizer.
  napi_threadsafe_function function_ = nullptr;
  std::atomic<bool> closed_{false};
  bool alive_ = false;
};

}  // namespace retrovue::addon
