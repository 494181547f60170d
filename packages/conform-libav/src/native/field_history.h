#pragma once
#include <array>
#include <cstdint>

#include "row_reader.h"
#include "surface.h"

namespace retrovue::conform {

/// The last interlaced pictures of one format, copied since their owners take them back. Two assets of the same format
/// may be shown in turn (one leaves while the next is prepared), so there are two lines of pictures, told apart by time.
/// Where that goes wrong a picture is compared with one that is nothing like it, which reads as motion.
class FieldHistory {
 public:
  struct Pictures {
    const Surface* current = nullptr;  ///< null where memory is short
    const Surface* previous = nullptr;
  };

  /// Takes a picture in. The same time again (the other field of it is wanted) replaces the latest, not the one before.
  Pictures take(const RowReader& reader, const PictureIn& from, int width, int height, std::int64_t timeNs);

 private:
  struct Line {
    std::array<Surface, 2> surfaces;
    int latest = 0;
    std::int64_t timeNs = 0;
    bool hasLatest = false;
    bool hasPrevious = false;
    std::uint64_t used = 0;
  };
  Line& lineFor(std::int64_t timeNs);

  std::array<Line, 2> lines_;
  std::uint64_t uses_ = 0;
};

}  // namespace retrovue::conform
