#pragma once
#include <napi.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace retrovue::addon {

/// One ArrayBuffer over memory that something else owns, without a copy. `owner` lives until the buffer is
/// finalized, so views stay valid however long JavaScript keeps them. `detach()` makes all views length zero
/// at once, which is how a close tells stale ones.
class ExternalBuffer {
 public:
  template <class Owner>
  ExternalBuffer(Napi::Env env, std::shared_ptr<Owner> owner, void* at, std::size_t bytes) {
    using Held = std::shared_ptr<Owner>;
    auto held = std::make_unique<Held>(std::move(owner));
    auto buffer = Napi::ArrayBuffer::New(
        env, at, bytes, [](Napi::Env, void*, Held* unused) { delete unused; }, held.get());
    held.release();
    reference_ = Napi::Persistent(buffer);
  }
  ExternalBuffer() = default;

  Napi::Value value(Napi::Env env) const {
    return reference_.IsEmpty() ? env.Undefined() : static_cast<Napi::Value>(reference_.Value());
  }

  /// JS thread only. Idempotent.
  void detach() {
    if (reference_.IsEmpty()) return;
    Napi::ArrayBuffer buffer = reference_.Value();
    if (!buffer.IsEmpty() && !buffer.IsDetached()) buffer.Detach();
    reference_.Reset();
  }

 private:
  Napi::Reference<Napi::ArrayBuffer> reference_;
};

}  // namespace retrovue::addon
