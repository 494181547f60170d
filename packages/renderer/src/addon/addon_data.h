#pragma once
#include <napi.h>

#include <memory>

#include "retrovue/addon/env_hook.h"
#include "retrovue/owner_thread.h"

namespace retrovue::renderer {

/// What each environment has of its own.
struct AddonData {
  /// Stills that may wait at once; more are refused.
  static constexpr std::size_t kStillsMax = 8;

  explicit AddonData(Napi::Env env)
      : stills(std::make_unique<OwnerThread>(kStillsMax)), hook(env, [this] { stills->stop(); }) {}

  /// Makes stills, one after another.
  std::unique_ptr<OwnerThread> stills;
  addon::EnvHook hook;
};

}  // namespace retrovue::renderer
