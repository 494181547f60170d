#pragma once
#include <napi.h>
#include <retrovue/addon/env_hook.h>
#include <retrovue/owner_thread.h>

namespace retrovue::decoder {

/// What one environment has: threads for what takes its time, which end with it.
struct AddonData {
  explicit AddonData(napi_env env) : hook(env, [this] { stop(); }) {}
  void stop() {
    devices.stop();
    comparing.stop();
  }

  /// Asks drivers, who may take seconds.
  OwnerThread devices{64};
  /// Compares pictures, two at a time for each session.
  OwnerThread comparing{256};
  addon::EnvHook hook;
};

}  // namespace retrovue::decoder
