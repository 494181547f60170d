#pragma once
#include <retrovue/expected.h>

#include <memory>
#include <string>

#include "layout.h"
#include "readers_table.h"
#include "shared_object.h"
#include "spec.h"

namespace retrovue::framebus {

/// The objects of a bus that this process made. All but the control object have their names.
struct BusObjects {
  /// With run id and inode filled in.
  Layout layout;
  /// Of the control object; the others' begin with it.
  std::string path;
  SharedObject control;
  SharedObject pictures;
  std::shared_ptr<ReadersTable> readers;

  /// `readers`: a table that is there already, or null. `AlreadyExists` where a living engine has this bus,
  /// `OutOfSharedMemory` names the size needed; what a dead engine left is replaced.
  static Expected<BusObjects> make(const BusSpec& spec, const Place& place,
                                   std::shared_ptr<ReadersTable> readers);
};

}  // namespace retrovue::framebus
