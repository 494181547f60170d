#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace retrovue::framebus::adversity {

/// A process of this very program in another role. It stops at marks (`reachMark`), where its parent takes
/// over: lets it run on, lets it run for some number of machine instructions, or ends it. Killed with its
/// owner.
class Child {
 public:
  enum class At { mark, ended };

  /// Starts `bus_adversity role…` and lets it come to its first mark. `stepped`: instructions can be counted;
  /// throws `NotPermitted` where the system does not let one process trace another.
  Child(const std::vector<std::string>& role, bool stepped);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool hasEnded() const { return ended_; }
  /// Runs `instructions`, or fewer where a mark or the end comes first. Answers how many.
  std::uint64_t step(std::uint64_t instructions);
  /// The same in system calls, each of which counts twice: before and after it is done.
  std::uint64_t stepCalls(std::uint64_t calls);
  /// Runs to the next mark or the end.
  At run();
  /// Lets it run without waiting for anything; only where it is not stepped.
  void letRun();
  /// SIGKILL, and waits until it is dead.
  void kill();
  /// All that it wrote on its standard output, once it has ended.
  std::string output();
  /// How it ended, where that was not by itself with status 0 nor by `kill`.
  const std::string& complaint() const { return complaint_; }

  struct NotPermitted {
    std::string why;
  };

 private:
  bool await();
  std::uint64_t stepBy(int request, std::uint64_t times);

  pid_t pid_ = 0;
  int output_ = -1;
  bool stepped_;
  bool ended_ = false;
  bool atMark_ = false;
  std::string complaint_;
};

/// In the child: stops here until the parent goes on.
void reachMark();

}  // namespace retrovue::framebus::adversity
