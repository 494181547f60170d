#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "encode_spec.h"
#include "house_clock.h"
#include "muxer.h"
#include "pacer.h"
#include "picture_encoder.h"
#include "sound_encoder.h"
#include "tick_source.h"

namespace retrovue::renderer {

/// Upper bounds of the classes of encode latency, nanoseconds; those of the metric (core's metrics/definitions.ts).
inline constexpr std::array<std::int64_t, 10> kLatencyBoundsNs{
    1'000'000,  2'500'000,   5'000'000,   10'000'000,  25'000'000,
    50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000};

/// What a line has done; all but the last only grow. Read from any thread.
struct RenderCounters {
  std::atomic<std::uint64_t> encoded{0}, missed{0}, late{0}, torn{0}, overflows{0}, latencyNsSum{0};
  std::array<std::atomic<std::uint64_t>, kLatencyBoundsNs.size() + 1> latency{};
  std::atomic<std::int64_t> frameGapNs{0};
};

/// **A channel's stream**: takes tick after tick, encodes it, and hands its bytes to the pacer. One encoder of each kind and
/// one muxer for its life.
///
/// Threads: one of its own takes and encodes, up to 500 ms ahead of house time; the pacer has another. `stop` (or the
/// destructor) ends both and is for the maker's thread.
///
/// Being late: a picture whose tick is 400 ms past is left out, its sound is not, until the line has caught up; a second past,
/// the line goes on at the tick on air. Both are counted as missed, and the stream stays on its grid. Where ticks are left out,
/// pictures and sound that wait for their place at a constant rate are dropped, and the next picture is a key frame.
///
/// A constant rate without room: a picture is left out while more waits for its place than can leave in time; counted as missed and, with those
/// that end behind their time and sound that is dropped, as overflows. Not those that are left out to catch up.
///
/// A bus that ends, or stands still for 200 ms: the stream goes on with its clock and with silence, without pictures, which are
/// counted as missed, until there are ticks again.
class RenderLine {
 public:
  struct Events {
    /// Bytes have left: fetch them. From the pacing thread.
    std::function<void()> onLeft;
    /// The line has ended by a failure. From the encoding thread.
    std::function<void()> onFailed;
  };

  /// `UnsupportedMedia` or `InvalidConfig` where an encoder cannot be had.
  /// @param source made with `clock`; both outlive the line
  static Expected<std::unique_ptr<RenderLine>> open(const EncodeSpec& spec, LeaveTimes times, TickSource& source,
                                                    HouseClock& clock, Events events);
  ~RenderLine();

  void stop();
  Pacer& pacer() { return pacer_; }
  const RenderCounters& counters() const { return counters_; }
  std::optional<Failure> failure();

 private:
  RenderLine(const EncodeSpec& spec, LeaveTimes times, TickSource& source, HouseClock& clock, Events events,
             PictureEncoder pictures, SoundEncoder sounds);
  void loop();
  /// Takes and encodes one tick; the tick to go on with.
  Expected<std::int64_t> step(std::int64_t tick);
  std::int64_t catchUp(std::int64_t tick, std::int64_t now);
  Expected<void> encode(const TakenTick& taken, std::int64_t takenAt);
  /// Comes before the units of a tick are made.
  void goOnAt(std::int64_t tick);
  /// When a tick that is not on the bus is given up.
  std::int64_t fillAt(std::int64_t tick) const;
  Expected<std::int64_t> fill(std::int64_t tick);
  /// Muxes what was encoded and hands it to the pacer; true where its time to leave has passed.
  bool send(std::int64_t tick);
  void count(std::int64_t latencyNs);

  const EncodeSpec spec_;
  /// Taken together: the ticks from each that is divisible by this to the next such.
  const std::int64_t groupTicks_;
  TickSource& source_;
  HouseClock& clock_;
  const Events events_;
  PictureEncoder pictures_;
  SoundEncoder sounds_;
  std::unique_ptr<Muxer> muxer_;
  StreamUnits pictureUnits_, soundUnits_;
  RenderCounters counters_;
  std::atomic<bool> stopping_{false};
  /// True while pictures are left out to catch up.
  bool isSkipping_ = false;
  /// False from a start in the middle of things until a tick was in time: what came before cannot be called late.
  bool isSettled_ = false;
  /// True while the bus gives nothing and the line goes on without it.
  bool isFilling_ = false;
  std::mutex mutex_;
  std::optional<Failure> failure_;
  Pacer pacer_;
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue::renderer
