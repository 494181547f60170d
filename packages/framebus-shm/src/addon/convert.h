#pragma once
#include <napi.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

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

// What goes to JavaScript is made by plain calls: in a worker thread that is being terminated any of them may
// fail, and then there is `undefined`, which nobody sees.

/// Bytes of a mapped structure as an ArrayBuffer of JavaScript's own.
Napi::Value copyOf(Napi::Env env, const void* from, std::size_t bytes);
/// A Float64Array.
Napi::Value numbersOf(Napi::Env env, const std::vector<double>& numbers);
Napi::Value arrayOf(Napi::Env env, const std::vector<Napi::Value>& values);
Napi::Value objectOf(Napi::Env env, std::initializer_list<std::pair<const char*, Napi::Value>> properties);

}  // namespace retrovue::framebus
