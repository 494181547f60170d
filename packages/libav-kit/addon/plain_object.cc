#include "plain_object.h"

namespace retrovue::decoder {

ObjectWriter& ObjectWriter::store(const char* name, napi_status made, napi_value value) {
  const bool isGood = object_ != nullptr && made == napi_ok && value != nullptr;
  if (!isGood || napi_set_named_property(env_, object_, name, value) != napi_ok) object_ = nullptr;
  return *this;
}

ObjectWriter& ObjectWriter::set(const char* name, napi_value value) {
  return store(name, napi_ok, value);
}

ObjectWriter& ObjectWriter::set(const char* name, double value) {
  napi_value made = nullptr;
  const napi_status status = napi_create_double(env_, value, &made);
  return store(name, status, made);
}

ObjectWriter& ObjectWriter::set(const char* name, bool value) {
  napi_value made = nullptr;
  const napi_status status = napi_get_boolean(env_, value, &made);
  return store(name, status, made);
}

ObjectWriter& ObjectWriter::set(const char* name, const char* value) {
  napi_value made = nullptr;
  const napi_status status = napi_create_string_utf8(env_, value, NAPI_AUTO_LENGTH, &made);
  return store(name, status, made);
}

ObjectWriter& ObjectWriter::setLong(const char* name, std::int64_t value) {
  napi_value made = nullptr;
  const napi_status status = napi_create_bigint_int64(env_, value, &made);
  return store(name, status, made);
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  if (object == nullptr || napi_get_named_property(env, object, name, &value) != napi_ok) return nullptr;
  return value;
}

napi_value element(napi_env env, napi_value array, std::uint32_t index) {
  napi_value value = nullptr;
  if (array == nullptr || napi_get_element(env, array, index, &value) != napi_ok) return nullptr;
  return value;
}

std::uint32_t lengthOf(napi_env env, napi_value array) {
  std::uint32_t length = 0;
  if (array == nullptr || napi_get_array_length(env, array, &length) != napi_ok) return 0;
  return length;
}

double numberOf(napi_env env, napi_value value) {
  double number = 0;
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok) return 0;
  return number;
}

bool truthOf(napi_env env, napi_value value) {
  bool truth = false;
  return value != nullptr && napi_get_value_bool(env, value, &truth) == napi_ok && truth;
}

std::string textOf(napi_env env, napi_value value) {
  std::size_t length = 0;
  if (value == nullptr || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return {};
  std::string text(length + 1, '\0');
  if (napi_get_value_string_utf8(env, value, text.data(), text.size(), &length) != napi_ok) return {};
  text.resize(length);
  return text;
}

std::int64_t longOf(napi_env env, napi_value value) {
  std::int64_t number = 0;
  bool isLossless = false;
  if (value == nullptr || napi_get_value_bigint_int64(env, value, &number, &isLossless) != napi_ok) return 0;
  return number;
}

}  // namespace retrovue::decoder
