#pragma once
#include <napi.h>
#include <retrovue/owner_thread.h>

#include <memory>

namespace retrovue::framebus {

/// What one environment has: class constructors, and the thread on which buses are made and opened (both map
/// a hundred megabytes and more, which is no work for the JS thread or the four of libuv's pool).
struct AddonData {
  Napi::FunctionReference committerClass;
  Napi::FunctionReference readerClass;
  Napi::FunctionReference readersTableClass;
  Napi::FunctionReference writerClass;
  OwnerThread setup{64};

  static AddonData& of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};

}  // namespace retrovue::framebus
