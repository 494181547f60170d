#pragma once
#include <napi.h>

#include <cstdint>
#include <string>

namespace retrovue::decoder {

/// Objects made and read by plain Node-API calls. In a worker thread that is being terminated every call may
/// fail, and node-addon-api's wrappers end the process where one does; here a failure makes an empty value
/// and nothing else.
class ObjectWriter {
 public:
  explicit ObjectWriter(napi_env env) : env_(env) {
    if (napi_create_object(env, &object_) != napi_ok) object_ = nullptr;
  }
  ObjectWriter& set(const char* name, napi_value value);
  ObjectWriter& set(const char* name, double value);
  ObjectWriter& set(const char* name, int value) { return set(name, static_cast<double>(value)); }
  ObjectWriter& set(const char* name, bool value);
  ObjectWriter& set(const char* name, const char* value);
  ObjectWriter& set(const char* name, const std::string& value) { return set(name, value.c_str()); }
  /// Nanoseconds and timestamps cross as BigInt: they do not fit a double.
  ObjectWriter& setLong(const char* name, std::int64_t value);
  /// Null where any step failed; what a method returns so is `undefined`.
  napi_value value() const { return object_; }

 private:
  ObjectWriter& store(const char* name, napi_status made, napi_value value);

  napi_env env_;
  napi_value object_ = nullptr;
};

/// A property, or null.
napi_value property(napi_env env, napi_value object, const char* name);
/// An element, or null.
napi_value element(napi_env env, napi_value array, std::uint32_t index);
std::uint32_t lengthOf(napi_env env, napi_value array);
double numberOf(napi_env env, napi_value value);
bool truthOf(napi_env env, napi_value value);
std::string textOf(napi_env env, napi_value value);
std::int64_t longOf(napi_env env, napi_value value);

}  // namespace retrovue::decoder
