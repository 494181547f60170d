#include "fed_source.h"

#include <chrono>

namespace retrovue::renderer {
namespace {

constexpr std::int64_t kNobody = -2;

}  // namespace

std::int64_t FedSource::wanted() {
  const std::scoped_lock lock(mutex_);
  return answer_ == Answer::none && !inUse_ ? wanted_ : kNobody;
}

bool FedSource::isLent() {
  const std::scoped_lock lock(mutex_);
  return inUse_ || answer_ == Answer::lent;
}

void FedSource::answer(Answer answer) {
  if (wanted_ == kNobody || answer_ != Answer::none) return;
  answer_ = answer;
  changed_.notify_all();
}

void FedSource::lend(const TakenTick& taken) {
  const std::scoped_lock lock(mutex_);
  if (wanted_ != kOnAir && wanted_ != taken.tick) return;
  lent_ = taken;
  answer(Answer::lent);
}

void FedSource::overrun(std::int64_t wanted, std::int64_t oldest) {
  const std::scoped_lock lock(mutex_);
  if (wanted_ != wanted) return;
  oldest_ = oldest;
  answer(Answer::overrun);
}

void FedSource::opened() {
  opens_.fetch_add(1, std::memory_order_relaxed);
}

void FedSource::incompatible() {
  const std::scoped_lock lock(mutex_);
  answer(Answer::incompatible);
}

Take FedSource::take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) {
  std::unique_lock lock(mutex_);
  if (stopping_) return Take::ended;
  if (wanted_ != tick) {
    wanted_ = tick;
    // An answer to another question than this one is void.
    answer_ = Answer::none;
    lock.unlock();
    onNews_();
    lock.lock();
  }
  if (!changed_.wait_for(lock, std::chrono::nanoseconds(waitNs), [this] { return stopping_ || answer_ != Answer::none; })) return Take::notYet;
  if (stopping_) return Take::ended;
  const Answer answer = answer_;
  answer_ = Answer::none;
  wanted_ = kNobody;
  if (answer == Answer::overrun) return Take::overrun;
  if (answer == Answer::incompatible) return Take::incompatible;
  inUse_ = true;
  into = lent_;
  return Take::taken;
}

bool FedSource::release(const TakenTick&) {
  {
    const std::scoped_lock lock(mutex_);
    inUse_ = false;
  }
  onNews_();
  return true;  // The reader's own verdict is the other side's to hear.
}

std::int64_t FedSource::oldest() {
  const std::scoped_lock lock(mutex_);
  return oldest_;
}

void FedSource::stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace retrovue::renderer
