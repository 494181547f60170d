#pragma once
#include <napi.h>
#include <retrovue/expected.h>

namespace retrovue::addon {

/// The one place where a failure becomes a JS error: `message`, `code` (one of the engine's) and `status`. By plain calls, of
/// which any may fail in a worker thread that is being terminated: then null, since nobody is there to see it.
inline napi_value toJsError(napi_env env, const Failure& failure) {
  napi_value message = nullptr, code = nullptr, status = nullptr, error = nullptr;
  const bool isMade =
      napi_create_string_utf8(env, failure.message.data(), failure.message.size(), &message) == napi_ok &&
      napi_create_string_utf8(env, failure.code, NAPI_AUTO_LENGTH, &code) == napi_ok &&
      napi_create_int32(env, failure.status, &status) == napi_ok &&
      napi_create_error(env, nullptr, message, &error) == napi_ok &&
      napi_set_named_property(env, error, "code", code) == napi_ok &&
      napi_set_named_property(env, error, "status", status) == napi_ok;
  return isMade ? error : nullptr;
}

/// Throws it; what is returned is for `return throwFailure(…)`.
inline Napi::Value throwFailure(Napi::Env env, const Failure& failure) {
  const napi_value error = toJsError(env, failure);
  if (error != nullptr) napi_throw(env, error);
  return env.Undefined();
}

/// Throws it from a constructor, whose half-made object is then gone at once: after `throwFailure` it would stay until it is
/// collected, and with it whatever it had opened.
[[noreturn]] inline void throwFromConstructor(Napi::Env env, const Failure& failure) {
  throw Napi::Error(env, toJsError(env, failure));
}

}  // namespace retrovue::addon
