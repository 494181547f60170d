#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "tick_source.h"

namespace retrovue::renderer {

/// Ticks that JavaScript reads from a bus of any kind and lends, one at a time. The encoding thread says which tick it
/// wants; the other side hears of it by `onNews`, and answers by one of the functions below.
class FedSource : public TickSource {
 public:
  /// @param onNews called from the encoding thread whenever `wanted()` or `isLent()` changed
  explicit FedSource(std::function<void()> onNews) : onNews_(std::move(onNews)) {}

  /// The tick that is waited for, `kOnAir` for any, −2 for none.
  std::int64_t wanted();
  /// True while what was lent last is in use.
  bool isLent();
  /// Lends a tick until `isLent()` is false again. Ignored unless it is waited for.
  void lend(const TakenTick& taken);
  /// The tick `wanted` is held no more. Ignored where another one is waited for by now.
  void overrun(std::int64_t wanted, std::int64_t oldest);
  /// The bus was opened.
  void opened();
  /// The bus has another format than was expected.
  void incompatible();

  Take take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) override;
  bool release(const TakenTick& taken) override;
  std::int64_t oldest() override;
  bool knowsTheBus() const override { return false; }
  std::uint64_t opens() const override { return opens_.load(std::memory_order_relaxed); }
  void stop() override;

 private:
  enum class Answer { none, lent, overrun, incompatible };
  void answer(Answer answer);

  const std::function<void()> onNews_;
  std::atomic<std::uint64_t> opens_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::int64_t wanted_ = -2;
  Answer answer_ = Answer::none;
  TakenTick lent_;
  bool inUse_ = false;
  std::int64_t oldest_ = 0;
};

}  // namespace retrovue::renderer
