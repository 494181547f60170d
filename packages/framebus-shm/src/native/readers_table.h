#pragma once
#include <retrovue/expected.h>
#include <retrovue/frame_bus.h>

#include <string>
#include <vector>

#include "shared_object.h"

namespace retrovue::framebus {

/// One reader as it shows itself. Untrusted: bounded here, believed by nobody.
struct ReaderRow {
  std::string name;
  std::int32_t pid = 0;
  std::int64_t cursor = RVFB_NO_TICK;
  std::uint64_t overruns = 0;
};

/// The engine's view of a channel's readers object. Any process of the group may store to it, cut it short or
/// lock any part of it, so it is read by calls and never through a mapping, which would die of a cut.
class ReadersTable {
 public:
  /// Makes the object and gives it its name, in place of one that is there: whoever can lock that may not
  /// block an engine. So whether another engine lives is for the caller to know, by the control object.
  static Expected<ReadersTable> make(const std::string& directory, const std::string& path,
                                     std::uint64_t bytes);

  /// Readers that hold the lock of their entry, in the order of entries.
  std::vector<ReaderRow> rows() const;
  /// True if a reader is there, or looked for the bus between `since` and `now`. A time yet to come is
  /// nonsense and counts for nothing: it would count for ever.
  bool isWanted(std::int64_t since, std::int64_t now) const;
  void unlink() { object_.unlink(); }

 private:
  explicit ReadersTable(SharedObject object) : object_(std::move(object)) {}
  bool readEntry(std::uint32_t index, rvfb_reader_entry& entry) const;
  bool isHeld(std::uint32_t index) const;

  SharedObject object_;
};

}  // namespace retrovue::framebus
