#pragma once
#include <retrovue/libav/decoding_line.h>
#include <retrovue/libav/picture_source.h>

#include <deque>
#include <memory>

namespace retrovue::libav {

/// Pictures decoded ahead of their being taken, between the thread that decodes and the one that takes.
///
/// Threads: `run` is the decoding thread's; all else may be called from any one other thread at a time, never
/// waits and never decodes. Bounded: at most `aheadMax` pictures are ready and `heldMax` taken; with either
/// full, decoding (or taking) waits for the next that is taken (or given back).
class PictureLine final : public DecodingLine {
 public:
  /// @param onChange called from any thread when a `take` or `sought` that had nothing may have something now
  PictureLine(std::size_t aheadMax, std::size_t heldMax, std::function<void()> onChange)
      : DecodingLine(std::move(onChange)), aheadMax_(aheadMax), heldMax_(heldMax) {}

  enum class Answer { picture, end, notYet };
  /// The next picture whose successor is later than `notBefore`; fails for good once decoding has failed.
  Expected<Answer> take(std::int64_t notBefore, Picture& into);
  /// One picture that was taken is given back.
  void giveBack();
  /// Decodes until `stop`. The source is this thread's for the time.
  void run(PictureSource& source, std::optional<Picture> first);

 private:
  void drop() override { ready_.clear(); }
  Work nextWork();
  void put(std::optional<Picture> picture, std::uint64_t turn);
  void dropUnseen();

  const std::size_t aheadMax_;
  const std::size_t heldMax_;
  std::deque<Picture> ready_;
  std::size_t held_ = 0;
  /// False from when the line is full until one picture is left.
  bool isFilling_ = true;
  bool ended_ = false;
  /// How far ahead somebody is waiting for a picture.
  std::int64_t wanted_ = INT64_MIN;
  /// After a seek: the picture shown at this time is the first to be given.
  std::int64_t shownAt_ = INT64_MIN;
};

}  // namespace retrovue::libav
