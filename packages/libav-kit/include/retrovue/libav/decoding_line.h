#pragma once
#include <retrovue/expected.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

namespace retrovue::libav {

/// What stands between a thread that decodes ahead and the one that takes, whatever is decoded: seeks, each of which begins a new
/// turn; failure, which is for good; and the word to whoever found nothing.
///
/// Threads: these calls may come from any one thread but the decoding one, never wait and never decode. What is protected is
/// looked at and changed with `mutex_` held.
class DecodingLine {
 public:
  DecodingLine(const DecodingLine&) = delete;
  DecodingLine& operator=(const DecodingLine&) = delete;

  /// Asks for a move; what is ready is dropped. The newest request counts.
  void seek(std::int64_t target);
  /// True once the newest `seek` is done.
  Expected<bool> sought();
  /// Ends the decoding thread's work.
  void stop();
  /// Decoding has come to an end that no seek helps: opening failed, say. From any thread.
  void fail(Failure failure);

 protected:
  /// What the decoding thread does next.
  struct Work {
    enum class Kind { stop, seek, decode } kind;
    std::int64_t target = 0;
    std::uint64_t turn = 0;
  };

  /// @param onChange called from any thread when a call that had nothing may have something now
  explicit DecodingLine(std::function<void()> onChange) : onChange_(std::move(onChange)) {}
  ~DecodingLine() = default;

  /// Forgets what is ready.
  virtual void drop() = 0;

  bool isSeeking() const { return turn_ != turnDone_; }
  /// What comes before decoding; nothing where that is next.
  std::optional<Work> request() const;
  /// Gives the lock back and says to both sides that something is different.
  void change(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  /// Somebody found nothing and is told of the next change.
  bool isAwaited_ = false;
  std::optional<Failure> failure_;
  /// Seeks asked for, and done.
  std::uint64_t turn_ = 0;
  std::uint64_t turnDone_ = 0;
  /// Of the newest seek.
  std::int64_t target_ = 0;
  const std::function<void()> onChange_;
};

}  // namespace retrovue::libav
