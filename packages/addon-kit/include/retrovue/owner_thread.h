#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace retrovue {

/// A thread that owns something: all that is done to the owned thing is done by its jobs, one after another.
/// The queue is bounded; a full queue refuses. `stop()` drops jobs that have not begun, after telling each
/// that it is dropped.
///
/// All methods may be called from any thread but the owned one.
class OwnerThread {
 public:
  /// Runs once: with `true` on the owner thread, or with `false` where it was dropped.
  using Job = std::function<void(bool run)>;

  explicit OwnerThread(std::size_t jobsMax) : jobsMax_(jobsMax), thread_([this] { loop(); }) {}
  ~OwnerThread() { stop(); }
  OwnerThread(const OwnerThread&) = delete;
  OwnerThread& operator=(const OwnerThread&) = delete;

  /// False if the queue is full or the thread is stopping; the job is then not run and not dropped-called.
  [[nodiscard]] bool post(Job job) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_ || jobs_.size() >= jobsMax_) return false;
      jobs_.push_back(std::move(job));
    }
    ready_.notify_one();
    return true;
  }

  /// Waits for the job under way, drops the others. Idempotent.
  void stop() {
    std::deque<Job> dropped;
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      dropped.swap(jobs_);
    }
    ready_.notify_one();
    for (auto& job : dropped) job(false);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void loop() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job(true);
    }
  }

  const std::size_t jobsMax_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue
