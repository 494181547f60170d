#pragma once
#include <napi.h>

#include <string>

#include "house_time.h"
#include "spec.h"

namespace retrovue::framebus {

// Everything that comes from JavaScript was checked and defaulted in TypeScript; what is missing reads as
// zero here and is then refused by the native bounds.
double numberOf(const Napi::Object& from, const char* name);
std::int64_t nanosecondsOf(const Napi::Value& value);
ClockMapping mappingOf(const Napi::Object& from);
BusSpec specOf(const Napi::Object& from);
Place placeOf(const Napi::Object& from);
/// Bytes of a mapped structure as an ArrayBuffer of JavaScript's own.
Napi::ArrayBuffer copyOf(Napi::Env env, const void* from, std::size_t bytes);

}  // namespace retrovue::framebus
