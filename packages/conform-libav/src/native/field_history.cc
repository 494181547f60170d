#include "field_history.h"

namespace retrovue::conform {
namespace {

/// Pictures further apart than this are not neighbours: three frames of the slowest interlaced rate, 25 a second, so
/// that a skipped picture or two are still something to compare with.
constexpr std::int64_t neighbourNsMax = 120'000'000;

}  // namespace

FieldHistory::Line& FieldHistory::lineFor(std::int64_t timeNs) {
  Line* best = nullptr;
  for (Line& line : lines_) {
    const std::int64_t apart = timeNs - line.timeNs;
    if (line.hasLatest && apart >= 0 && apart <= neighbourNsMax && (best == nullptr || line.timeNs > best->timeNs)) {
      best = &line;
    }
  }
  if (best != nullptr) return *best;
  Line& oldest = lines_[0].used <= lines_[1].used ? lines_[0] : lines_[1];
  oldest.hasLatest = oldest.hasPrevious = false;
  return oldest;
}

FieldHistory::Pictures FieldHistory::take(const RowReader& reader, const PictureIn& from, int width, int height,
                                          std::int64_t timeNs) {
  Line& line = lineFor(timeNs);
  line.used = ++uses_;
  if (!line.hasLatest || line.timeNs != timeNs) {
    const int next = 1 - line.latest;
    Surface& surface = line.surfaces[next];
    const PixelLayout& layout = reader.layout();
    if (!surface) surface = Surface(width, height, layout.log2X, layout.log2Y, layout.bytes);
    if (!surface) return {};
    line.hasPrevious = line.hasLatest;
    line.hasLatest = true;
    line.latest = next;
    line.timeNs = timeNs;
  }
  // The same time may come with another picture (a still, or another asset), so it is read again: correct first.
  reader.readAll(from, line.surfaces[line.latest]);
  return {&line.surfaces[line.latest], line.hasPrevious ? &line.surfaces[1 - line.latest] : nullptr};
}

}  // namespace retrovue::conform
