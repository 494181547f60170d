#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "driven_bus.h"

namespace retrovue::framebus::golden {

/// What of a picture aired: whose pixels, and how far in they begin.
struct Shown {
  std::int64_t paintedAt = -1;
  std::uint32_t cropRows = 0;
  std::uint32_t cropBytes = 0;
};

/// Drives a bus and keeps, beside it, what a reader must find there.
class Scribe {
 public:
  Scribe(const BusSpec& spec, std::int64_t first, const Place& place);

  DrivenBus& bus() { return bus_; }
  std::int64_t tick(int n) const { return first_ + n; }

  /// A planned picture of its own.
  void picture(Handed handed);
  /// One loan shown for two ticks: `first` and then `second`.
  void pictureTwice(Handed first, Handed second);
  /// Slate or black by its name.
  void reserved(Handed handed, std::uint32_t buffer);
  /// The committer's own stand-in, brought about by the caller; `record` says what is special.
  void stoodIn(TickRecord record, const Shown& shown);

  /// Writes the objects and the manifest; `overruns` are ticks that are held no more.
  void write(const std::string& folder, const std::vector<std::int64_t>& overruns);

 private:
  using Sound = std::vector<std::vector<float>>;

  void submitted(const Handed& handed, const Shown& shown);
  void fill(TickRecord& record) const;
  void keep(TickRecord& record, const Shown& shown, const Sound& sound);
  std::vector<std::uint32_t> planesOf(const Shown& shown) const;
  std::vector<TickRecord> readable(std::int64_t oldest) const;
  std::int64_t commitTimeOf(std::int64_t tick) const { return (tick - first_ + 1) * 1000; }

  DrivenBus bus_;
  std::int64_t first_;
  std::vector<float> last_;
  bool wasHeard_ = false;  // A worker's sound has aired.
  bool inGap_ = false;     // A stand-in cut it off.
  std::vector<TickRecord> records_;
};

}  // namespace retrovue::framebus::golden
