#pragma once
#include <napi.h>

#include <memory>
#include <unordered_map>

#include "completions.h"
#include "picture_worker.h"
#include "retrovue/addon/env_hook.h"

namespace retrovue::conform {

/// `new Conformer(threads)`: a channel's picture worker.
///
///   add(recipe: Float64Array): number           throws `UnsupportedMedia`
///   forget(recipe)
///   picture(recipe, job, planes, strides, intoPlanes, intoStrides, alpha, field, timeNs, inPlace): Promise<void>
///   cancel(job)
///   close()
class ConformerObject : public Napi::ObjectWrap<ConformerObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ConformerObject(const Napi::CallbackInfo& info);
  ~ConformerObject() override;

 private:
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value forget(const Napi::CallbackInfo& info);
  Napi::Value picture(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void stop();

  // Declared in the order that threads may still need them: the hook stops the worker first of all.
  std::unique_ptr<Completions> completions_;
  std::unordered_map<std::uint32_t, PictureWorker::Cancelled> jobs_;
  std::unique_ptr<PictureWorker> worker_;
  std::unique_ptr<addon::EnvHook> hook_;
};

}  // namespace retrovue::conform
