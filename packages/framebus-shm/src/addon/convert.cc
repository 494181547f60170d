#include "convert.h"

#include <cstring>

namespace retrovue::framebus {
namespace {

std::uint32_t wordOf(const Napi::Object& from, const char* name) {
  const double value = numberOf(from, name);
  return value >= 0 && value <= UINT32_MAX ? static_cast<std::uint32_t>(value) : 0;
}

std::string textOf(const Napi::Object& from, const char* name) {
  const Napi::Value value = from.Get(name);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

}  // namespace

double numberOf(const Napi::Object& from, const char* name) {
  const Napi::Value value = from.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

std::int64_t nanosecondsOf(const Napi::Value& value) {
  bool lossless = false;
  return value.IsBigInt() ? value.As<Napi::BigInt>().Int64Value(&lossless) : 0;
}

ClockMapping mappingOf(const Napi::Object& from) {
  return {static_cast<std::uint64_t>(numberOf(from, "sequence")), nanosecondsOf(from.Get("monoAnchor")),
          nanosecondsOf(from.Get("houseAnchor")), static_cast<std::int64_t>(numberOf(from, "ratePpb"))};
}

BusSpec specOf(const Napi::Object& from) {
  BusSpec spec;
  spec.engineId = textOf(from, "engineId");
  spec.channelId = wordOf(from, "channelId");
  spec.width = wordOf(from, "width");
  spec.height = wordOf(from, "height");
  spec.rateNum = wordOf(from, "rateNum");
  spec.rateDen = wordOf(from, "rateDen");
  spec.pixelFormat = wordOf(from, "pixelFormat");
  spec.sarNum = wordOf(from, "sarNum");
  spec.sarDen = wordOf(from, "sarDen");
  spec.colourPrimaries = wordOf(from, "colourPrimaries");
  spec.colourTransfer = wordOf(from, "colourTransfer");
  spec.colourMatrix = wordOf(from, "colourMatrix");
  spec.colourRange = wordOf(from, "colourRange");
  spec.aspectPolicy = wordOf(from, "aspectPolicy");
  spec.sampleRate = wordOf(from, "sampleRate");
  spec.channels = wordOf(from, "channels");
  spec.leadTicks = wordOf(from, "leadTicks");
  spec.historyTicks = wordOf(from, "historyTicks");
  spec.directReferences = wordOf(from, "directReferences");
  spec.guardNs = static_cast<std::uint64_t>(nanosecondsOf(from.Get("guardNs")));
  const Napi::Value mapping = from.Get("mapping");
  if (mapping.IsObject()) spec.mapping = mappingOf(mapping.As<Napi::Object>());
  return spec;
}

Place placeOf(const Napi::Object& from) {
  return {textOf(from, "directory"), textOf(from, "prefix")};
}

Napi::Value copyOf(Napi::Env env, const void* from, std::size_t bytes) {
  napi_value buffer = nullptr;
  void* into = nullptr;
  if (napi_create_arraybuffer(env, bytes, &into, &buffer) != napi_ok) return env.Undefined();
  if (into != nullptr) std::memcpy(into, from, bytes);
  return Napi::Value(env, buffer);
}

Napi::Value numbersOf(Napi::Env env, const std::vector<double>& numbers) {
  const Napi::Value buffer = copyOf(env, numbers.data(), numbers.size() * sizeof(double));
  napi_value array = nullptr;
  const auto made = napi_create_typedarray(env, napi_float64_array, numbers.size(), buffer, 0, &array);
  return made == napi_ok ? Napi::Value(env, array) : env.Undefined();
}

Napi::Value arrayOf(Napi::Env env, const std::vector<Napi::Value>& values) {
  napi_value array = nullptr;
  if (napi_create_array_with_length(env, values.size(), &array) != napi_ok) return env.Undefined();
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    if (napi_set_element(env, array, i, values[i]) != napi_ok) return env.Undefined();
  }
  return Napi::Value(env, array);
}

Napi::Value objectOf(Napi::Env env, std::initializer_list<std::pair<const char*, Napi::Value>> properties) {
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok) return env.Undefined();
  for (const auto& [name, value] : properties) {
    if (napi_set_named_property(env, object, name, value) != napi_ok) return env.Undefined();
  }
  return Napi::Value(env, object);
}

}  // namespace retrovue::framebus
