#pragma once
#include <napi.h>
#include <retrovue/expected.h>

namespace retrovue::addon {

/// The one place where a failure becomes a JS error: `message`, `code` (one of the engine's) and `status`.
inline Napi::Error toJsError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  error.Set("status", Napi::Number::New(env, failure.status));
  return error;
}

/// Throws it; what is returned is for `return throwFailure(…)`.
inline Napi::Value throwFailure(Napi::Env env, const Failure& failure) {
  toJsError(env, failure).ThrowAsJavaScriptException();
  return env.Undefined();
}

}  // namespace retrovue::addon
