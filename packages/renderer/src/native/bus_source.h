#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <retrovue/frame_bus_reader.h>

#include "encode_spec.h"
#include "house_clock.h"
#include "tick_source.h"

namespace retrovue::renderer {

/// Ticks of a shared-memory bus, mapped by this process itself: no JavaScript runs and no pixel is copied. Opens the bus,
/// and opens it again when it was replaced.
class BusSource : public TickSource {
 public:
  /// @param path of the bus's control object
  BusSource(std::string path, std::string name, const EncodeSpec& spec, HouseClock& clock);
  ~BusSource() override;

  Take take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) override;
  bool release(const TakenTick& taken) override;
  std::int64_t oldest() override;
  bool knowsTheBus() const override { return true; }
  std::uint64_t opens() const override { return opens_.load(std::memory_order_relaxed); }
  void stop() override;

 private:
  struct Close {
    void operator()(rvfb_reader* reader) const { rvfb_reader_close(reader); }
  };
  /// Tries once, then waits a little; `taken` once it is open.
  Take open(std::int64_t waitNs);
  Take lost();
  bool fits(const rvfb_format& format) const;
  std::int64_t onAir();
  Take read(std::int64_t tick, TakenTick& into);

  const std::string path_;
  const std::string name_;
  const EncodeSpec& spec_;
  HouseClock& clock_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> opens_{0};
  std::mutex mutex_;  // Of the pointer: `stop` interrupts a reader that the other thread may be closing.
  std::unique_ptr<rvfb_reader, Close> reader_;
  rvfb_frame frame_{};
  std::vector<std::vector<float>> sound_;
  std::uint64_t overruns_ = 0;
};

}  // namespace retrovue::renderer
