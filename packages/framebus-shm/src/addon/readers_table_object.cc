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
  if (!info[0].IsExternal()) {
    Napi::TypeError::New(info.Env(), "Made by showReaders only").ThrowAsJavaScriptException();
    return;
  }
  table_ = *info[0].As<Napi::External<std::shared_ptr<ReadersTable>>>().Data();
}

Napi::Value ReadersTableObject::rowsToJs(Napi::Env env, const std::vector<ReaderRow>& rows) {
  Napi::Array result = Napi::Array::New(env, rows.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    Napi::Object row = Napi::Object::New(env);
    // As bytes: a name is whatever the reader stored, and decoding it must not throw.
    row.Set("name", copyOf(env, rows[i].name.data(), rows[i].name.size()));
    row.Set("pid", Napi::Number::New(env, rows[i].pid));
    row.Set("cursor", Napi::Number::New(env, static_cast<double>(rows[i].cursor)));
    row.Set("overruns", Napi::Number::New(env, static_cast<double>(rows[i].overruns)));
    result.Set(i, row);
  }
  return result;
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
