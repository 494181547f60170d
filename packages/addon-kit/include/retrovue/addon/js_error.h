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

/// Throws it; what is returned is for `return throwFailure(…)`. By plain calls, of which any may fail in a worker thread that
/// is being terminated: then nothing is thrown, since nobody is there to catch it.
inline Napi::Value throwFailure(Napi::Env env, const Failure& failure) {
  napi_value message = nullptr, code = nullptr, status = nullptr, error = nullptr;
  const bool isMade =
      napi_create_string_utf8(env, failure.message.data(), failure.message.size(), &message) == napi_ok &&
      napi_create_string_utf8(env, failure.code, NAPI_AUTO_LENGTH, &code) == napi_ok &&
      napi_create_int32(env, failure.status, &status) == napi_ok &&
      napi_create_error(env, nullptr, message, &error) == napi_ok &&
      napi_set_named_property(env, error, "code", code) == napi_ok &&
      napi_set_named_property(env, error, "status", status) == napi_ok;
  if (isMade) napi_throw(env, error);
  return env.Undefined();
}

}  // namespace retrovue::addon
