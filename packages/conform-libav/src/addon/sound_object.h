#pragma once
#include <napi.h>

#include <memory>

#include "sound_stream.h"

namespace retrovue::conform {

/// `new Sound(sourceRate, sourceChannels, layout, houseRate, houseChannels)`: one running sound; throws `UnsupportedMedia`.
///
///   push(channels: Float32Array[], samples)
///   end()
///   available(): number
///   debt(samples): number
///   pull(into: Float32Array[], offset, samples, gainDb, rampFrom, rampTo)
///   close()
class SoundObject : public Napi::ObjectWrap<SoundObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SoundObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value push(const Napi::CallbackInfo& info);
  Napi::Value end(const Napi::CallbackInfo& info);
  Napi::Value available(const Napi::CallbackInfo& info);
  Napi::Value debt(const Napi::CallbackInfo& info);
  Napi::Value pull(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  /// False, with an exception pending, once it is closed.
  bool isOpen(Napi::Env env) const;

  std::unique_ptr<SoundStream> stream_;
};

}  // namespace retrovue::conform
