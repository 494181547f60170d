#pragma once
#include <napi.h>

#include <functional>
#include <utility>

namespace retrovue::addon {

/// Runs something when the environment ends (a worker thread's too), unless it was destroyed before. Hooks
/// run in the opposite order of their making, so one that stops a thread is made after the signals which that
/// thread raises.
class EnvHook {
 public:
  EnvHook(napi_env env, std::function<void()> run) : env_(env), run_(std::move(run)) {
    napi_add_env_cleanup_hook(env_, &EnvHook::call, this);
  }
  ~EnvHook() {
    if (!ran_) napi_remove_env_cleanup_hook(env_, &EnvHook::call, this);
  }
  EnvHook(const EnvHook&) = delete;
  EnvHook& operator=(const EnvHook&) = delete;

 private:
  static void call(void* self) {
    auto* hook = static_cast<EnvHook*>(self);
    hook->ran_ = true;
    hook->run_();
  }

  napi_env env_;
  std::function<void()> run_;
  bool ran_ = false;
};

}  // namespace retrovue::addon
