#include "readers_table_object.h"

#include <retrovue/addon/js_error.h>

#include <utility>

#include "addon_data.h"
#include "convert.h"
#include "dead_objects.h"
#include "futex.h"
#include "layout.h"

namespace retrovue::framebus {

Napi::Function ReadersTableObject::define(Napi::Env env) {
  return DefineClass(env, "NativeReadersTable",
                     {InstanceMethod<&ReadersTableObject::rows>("rows"),
                      InstanceMethod<&ReadersTableObject::isWanted>("isWanted"),
                      InstanceMethod<&ReadersTableObject::close>("close")});
}

Napi::Value ReadersTableObject::show(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Place place = placeOf(info[0].As<Napi::Object>());
  const std::string name = busName(place.prefix, info[1].ToString(), info[2].As<Napi::Number>());
  const std::string path = place.directory + "/" + name;
  // The table of an engine that has this bus stays where it is.
  if (auto removed = removeDeadBus(path, true); !removed) return addon::throwFailure(env, removed.failure());
  auto table = ReadersTable::make(place.directory, path + ".readers", kReadersBytes);
  if (!table) return addon::throwFailure(env, table.failure());
  auto held = std::make_shared<ReadersTable>(std::move(*table));
  return AddonData::of(env).readersTableClass.New(
      {Napi::External<std::shared_ptr<ReadersTable>>::New(env, &held)});
}

ReadersTableObject::ReadersTableObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ReadersTableObject>(info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "Made by showReaders only");
  table_ = *info[0].As<Napi::External<std::shared_ptr<ReadersTable>>>().Data();
}

Napi::Value ReadersTableObject::rowsToJs(Napi::Env env, const std::vector<ReaderRow>& rows) {
  std::vector<Napi::Value> result;
  for (const ReaderRow& row : rows) {
    const auto number = [&](auto value) { return Napi::Number::New(env, static_cast<double>(value)); };
    // As bytes: a name is whatever the reader stored, and decoding it must not throw.
    result.push_back(objectOf(env, {{"name", copyOf(env, row.name.data(), row.name.size())},
                                    {"pid", number(row.pid)},
                                    {"cursor", number(row.cursor)},
                                    {"overruns", number(row.overruns)}}));
  }
  return arrayOf(env, result);
}

Napi::Value ReadersTableObject::rows(const Napi::CallbackInfo& info) {
  return rowsToJs(info.Env(), table_ ? table_->rows() : std::vector<ReaderRow>());
}

/// isWanted(withinMs): true if a reader is there or looked for the bus in that time.
Napi::Value ReadersTableObject::isWanted(const Napi::CallbackInfo& info) {
  const std::int64_t within = info[0].As<Napi::Number>().Int64Value() * 1'000'000;
  const std::int64_t now = monoNow();
  return Napi::Boolean::New(info.Env(), table_ && table_->isWanted(now - within, now));
}

Napi::Value ReadersTableObject::close(const Napi::CallbackInfo& info) {
  table_.reset();
  return info.Env().Undefined();
}

}  // namespace retrovue::framebus
