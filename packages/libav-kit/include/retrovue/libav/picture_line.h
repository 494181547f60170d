#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/picture_source.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace retrovue::libav {

/// Pictures decoded ahead of their being taken, between the thread that decodes and the one that takes.
///
/// Threads: `run` is the decoding thread's; all else may be called from any one other thread at a time, never
/// waits and never decodes. Bounded: at most `aheadMax` pictures are ready and `heldMax` taken; with either
/// full, decoding (or taking) waits for the next that is taken (or given back).
class PictureLine {
 public:
  /// @param onChange called from any thread when a `take` or `sought` that had nothing may have something now
  PictureLine(std::size_t aheadMax, std::size_t heldMax, std::function<void()> onChange)
      : aheadMax_(aheadMax), heldMax_(heldMax), onChange_(std::move(onChange)) {}

  enum class Answer { picture, end, notYet };
  /// The next picture whose successor is later than `notBefore`; fails for good once decoding has failed.
  Expected<Answer> take(std::int64_t notBefore, Picture& into);
  /// One picture that was taken is given back.
  void giveBack();
  /// Asks for a move; what is ready is dropped. The newest request counts.
  void seek(std::int64_t target);
  /// True once the newest `seek` is done.
  Expected<bool> sought();
  /// Decodes until `stop`. The source is this thread's for the time.
  void run(PictureSource& source, std::optional<Picture> first);
  void stop();
  /// Decoding has come to an end that no seek helps: opening failed, say.
  void fail(Failure failure);

 private:
  /// What the decoding thread does next.
  struct Work {
    enum class Kind { stop, seek, decode } kind;
    std::int64_t target = 0;
    std::uint64_t turn = 0;
  };
  Work nextWork();
  void put(std::optional<Picture> picture, std::uint64_t turn);
  void dropUnseen();
  void change(std::unique_lock<std::mutex>& lock);

  const std::size_t aheadMax_;
  const std::size_t heldMax_;
  const std::function<void()> onChange_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> ready_;
  std::size_t held_ = 0;
  /// False from when the line is full until one picture is left.
  bool isFilling_ = true;
  bool ended_ = false;
  bool stopping_ = false;
  bool isAwaited_ = false;
  std::optional<Failure> failure_;
  /// How far ahead somebody is waiting for a picture.
  std::int64_t wanted_ = INT64_MIN;
  /// Seeks asked for, and done.
  std::uint64_t turn_ = 0;
  std::uint64_t turnDone_ = 0;
  std::int64_t seekTarget_ = 0;
  /// After a seek: the picture shown at this time is the first to be given.
  std::int64_t shownAt_ = INT64_MIN;
};

}  // namespace retrovue::libav
