#pragma once
#include <napi.h>

#include <memory>
#include <vector>

#include "readers_table.h"

namespace retrovue::framebus {

/// A channel's readers table, shown before (and after) its bus is there.
class ReadersTableObject : public Napi::ObjectWrap<ReadersTableObject> {
 public:
  static Napi::Function define(Napi::Env env);
  /// showReaders(place, engineId, channelId) → NativeReadersTable
  static Napi::Value show(const Napi::CallbackInfo& info);
  static Napi::Value rowsToJs(Napi::Env env, const std::vector<ReaderRow>& rows);
  explicit ReadersTableObject(const Napi::CallbackInfo& info);

  const std::shared_ptr<ReadersTable>& table() const { return table_; }

 private:
  Napi::Value rows(const Napi::CallbackInfo& info);
  Napi::Value isWanted(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  std::shared_ptr<ReadersTable> table_;
};

}  // namespace retrovue::framebus
