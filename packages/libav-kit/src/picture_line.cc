#include <retrovue/libav/picture_line.h>

#include <algorithm>

namespace retrovue::libav {

Expected<PictureLine::Answer> PictureLine::take(std::int64_t notBefore, Picture& into) {
  std::unique_lock lock(mutex_);
  if (failure_) return *failure_;
  if (isSeeking()) {
    isAwaited_ = true;
    return Answer::notYet;
  }
  wanted_ = std::max(wanted_, notBefore);
  const std::size_t before = ready_.size();
  while (ready_.size() >= 2 && ready_[1].time <= notBefore) ready_.pop_front();
  if (ready_.size() != before && ready_.size() < 2) changed_.notify_one();
  if (ready_.empty() && ended_) return Answer::end;
  const bool isCertain = !ready_.empty() && (ready_.front().time >= std::max(notBefore, shownAt_) ||
                                             ready_.size() >= 2 || ended_);
  if (!isCertain || held_ >= heldMax_) {
    isAwaited_ = true;
    return Answer::notYet;
  }
  into = std::move(ready_.front());
  ready_.pop_front();
  held_++;
  const bool isLow = ready_.size() < 2;
  lock.unlock();
  if (isLow) changed_.notify_one();
  return Answer::picture;
}

void PictureLine::giveBack() {
  std::unique_lock lock(mutex_);
  if (held_ > 0) held_--;
  // That is news to who takes, not to the decoding thread.
  const bool tell = isAwaited_;
  isAwaited_ = false;
  lock.unlock();
  if (tell) onChange_();
}

PictureLine::Work PictureLine::nextWork() {
  std::unique_lock lock(mutex_);
  // Two must fit, so that a picture's successor can be seen. Once full, the line is filled again when one picture is left:
  // a decoder that runs for several keeps its caches, where one that is woken for each begins cold (docs/benchmarks.md).
  const std::size_t full = std::max<std::size_t>(aheadMax_, 2);
  if (ready_.size() >= full) isFilling_ = false;
  changed_.wait(lock, [this] {
    if (ready_.size() < 2) isFilling_ = true;
    return request() || (!ended_ && !failure_ && isFilling_);
  });
  if (const auto asked = request()) return *asked;
  return {Work::Kind::decode, std::max(wanted_, shownAt_), turn_};
}

/// Keeps what may be shown: right after a seek only the last picture at or before its target.
void PictureLine::dropUnseen() {
  while (ready_.size() >= 2 && (ready_[1].time <= shownAt_ || ready_[1].time <= wanted_)) ready_.pop_front();
}

void PictureLine::put(std::optional<Picture> picture, std::uint64_t turn) {
  std::unique_lock lock(mutex_);
  if (turn != turn_ || stopping_) return;
  if (picture) {
    ready_.push_back(std::move(*picture));
    dropUnseen();
  } else {
    ended_ = true;
    // The sought time lies behind the last picture's end: nothing is shown there.
    const bool isSought = ready_.size() == 1 && shownAt_ != INT64_MIN;
    if (isSought && ready_.front().end != INT64_MAX && shownAt_ >= ready_.front().end + 2 * shownSlackNs)
      ready_.clear();
  }
  change(lock);
}

void PictureLine::run(PictureSource& source, std::optional<Picture> first) {
  {
    std::unique_lock lock(mutex_);
    if (first) {
      ready_.push_back(std::move(*first));
      change(lock);
    }
  }
  for (;;) {
    const Work work = nextWork();
    if (work.kind == Work::Kind::stop) return;
    if (work.kind == Work::Kind::seek) {
      auto done = source.seek(work.target);
      if (!done) {
        fail(done.failure());
        return;
      }
      std::unique_lock lock(mutex_);
      if (work.turn != turn_) continue;
      turnDone_ = work.turn;
      shownAt_ = work.target + shownSlackNs;
      wanted_ = INT64_MIN;
      ended_ = false;
      ready_.clear();
      change(lock);
      continue;
    }
    auto picture = source.next(work.target);
    if (!picture) {
      fail(picture.failure());
      return;
    }
    put(std::move(*picture), work.turn);
  }
}

}  // namespace retrovue::libav
