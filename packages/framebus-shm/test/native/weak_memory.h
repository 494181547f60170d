#pragma once
// A memory that reorders, small enough to try everything. Each location keeps all values ever stored; each
// thread has a view: for each location, the oldest value that it may still read. A relaxed load may answer
// any value from there on; a release store or fence ties the storer's view to what is stored; an acquire load
// or fence takes such a view over. That is the release/acquire/relaxed/fence part of the C11 model (without
// load buffering: no rule rests on a store that would have to become visible before a load that precedes it).
//
// Programs whose threads only hand on (nothing flows back) need no interleaving: each thread runs to its end
// in that order, and every execution is one choice of values for its loads. `explore` tries all choices,
// depth first.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace weak {

using View = std::map<const void*, std::size_t>;

inline void join(View& into, const View& from) {
  for (const auto& [location, time] : from) {
    auto& held = into[location];
    held = std::max(held, time);
  }
}

struct Message {
  std::uint64_t value;
  View view;
};

struct Thread {
  View current;   // What it must see at least.
  View acquired;  // What an acquire fence would make it see.
  View released;  // What its relaxed stores carry, by its last release fence.
};

/// One execution: the memory, the thread that runs, and the choices taken so far.
class Execution {
 public:
  explicit Execution(std::vector<std::size_t>& choices) : choices_(choices) {}

  void run(Thread& thread) { thread_ = &thread; }
  Thread& thread() { return *thread_; }

  std::uint64_t load(const void* location, bool acquire) {
    auto& messages = history(location);
    const std::size_t oldest = thread_->current[location];
    const std::size_t time = oldest + choose(messages.size() - oldest);
    thread_->current[location] = time;
    join(thread_->acquired, messages[time].view);
    if (acquire) join(thread_->current, messages[time].view);
    return messages[time].value;
  }

  void store(const void* location, std::uint64_t value, bool release) {
    auto& messages = history(location);
    const std::size_t time = messages.size();
    thread_->current[location] = time;
    Message message{value, release ? thread_->current : thread_->released};
    message.view[location] = time;
    messages.push_back(std::move(message));
  }

  void fenceAcquire() { join(thread_->current, thread_->acquired); }
  void fenceRelease() { thread_->released = thread_->current; }

  /// What FUTEX_WAIT compares with: the newest value.
  std::uint64_t newest(const void* location) { return history(location).back().value; }

 private:
  std::vector<Message>& history(const void* location) {
    auto& messages = memory_[location];
    if (messages.empty()) messages.push_back({0, {}});
    return messages;
  }

  std::size_t choose(std::size_t of) {
    if (at_ == choices_.size()) {
      choices_.push_back(0);
      widths_.push_back(of);
    } else if (at_ >= widths_.size()) {
      widths_.push_back(of);
    }
    return choices_[at_++];
  }

 public:
  /// Steps to the next untried combination; false when all are done.
  bool advance() {
    while (!choices_.empty()) {
      if (++choices_.back() < widths_[choices_.size() - 1]) return true;
      choices_.pop_back();
    }
    return false;
  }

 private:
  std::map<const void*, std::vector<Message>> memory_;
  std::vector<std::size_t>& choices_;
  std::vector<std::size_t> widths_;
  std::size_t at_ = 0;
  Thread* thread_ = nullptr;
};

inline Execution* execution = nullptr;
/// The site that is left out in the run under way; empty: none.
inline std::string mutant;
/// Every site met.
inline std::set<std::string>* sites = nullptr;

inline bool isCut(const char* site) {
  if (sites != nullptr) sites->insert(site);
  return mutant == site;
}

template <class T>
T loaded(const T* location, bool acquire) {
  return static_cast<T>(execution->load(location, acquire));
}

/// Runs `program` for every choice of every load; answers how many executions there were.
inline std::size_t explore(const std::function<void(Execution&)>& program) {
  std::vector<std::size_t> choices;
  std::size_t executions = 0;
  for (;;) {
    Execution one(choices);
    execution = &one;
    program(one);
    ++executions;
    if (!one.advance()) return executions;
  }
}

}  // namespace weak
