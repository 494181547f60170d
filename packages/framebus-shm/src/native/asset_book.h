#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "bus_store.h"

namespace retrovue::framebus {

/// Where a slot finds its asset's URI and title.
struct AssetPlace {
  std::uint32_t index = RVFB_NO_ASSET;
  std::uint32_t generation = 0;
};

/// Which entry of the asset table holds which text. An entry is rewritten only when no readable tick names
/// it. Allocates at construction only.
class AssetBook {
 public:
  explicit AssetBook(BusStore& store);

  /// The entry of an asset that `tick` is about to name; no asset for empty text, and where the table is too
  /// small for what is readable (more than 1 024 different assets).
  AssetPlace placeOf(std::string_view uri, std::string_view title, std::int64_t tick, std::int64_t oldest);
  /// True while the entry still holds what it held; then `tick` names it too.
  bool use(const AssetPlace& place, std::int64_t tick);

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::int64_t lastTick = -1;
  };
  bool holds(std::uint32_t index, std::uint64_t hash, std::string_view uri, std::string_view title) const;

  BusStore& store_;
  std::vector<Entry> entries_;
  std::uint32_t cursor_ = 0;
};

/// At most `bytesMax` bytes of UTF-8 text, never ending inside a character.
std::string_view cutText(std::string_view text, std::size_t bytesMax);

}  // namespace retrovue::framebus
