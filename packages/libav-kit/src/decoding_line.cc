#include <retrovue/libav/decoding_line.h>

namespace retrovue::libav {

void DecodingLine::change(std::unique_lock<std::mutex>& lock) {
  const bool tell = isAwaited_;
  isAwaited_ = false;
  lock.unlock();
  changed_.notify_one();
  if (tell) onChange_();
}

std::optional<DecodingLine::Work> DecodingLine::request() const {
  if (stopping_) return Work{Work::Kind::stop};
  if (isSeeking()) return Work{Work::Kind::seek, target_, turn_};
  return std::nullopt;
}

void DecodingLine::seek(std::int64_t target) {
  std::unique_lock lock(mutex_);
  turn_++;
  target_ = target;
  drop();
  lock.unlock();
  changed_.notify_one();
}

Expected<bool> DecodingLine::sought() {
  const std::scoped_lock lock(mutex_);
  if (failure_) return *failure_;
  if (!isSeeking()) return true;
  isAwaited_ = true;
  return false;
}

void DecodingLine::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  drop();
  change(lock);
}

void DecodingLine::fail(Failure failure) {
  std::unique_lock lock(mutex_);
  failure_ = std::move(failure);
  drop();
  change(lock);
}

}  // namespace retrovue::libav
