#include "child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace retrovue::framebus::adversity {
namespace {

/// No role takes this long: one that hangs is ended by SIGALRM, which is a violation.
constexpr unsigned kHungSeconds = 60;
/// exec failed or tracing is forbidden.
constexpr int kCannotStart = 99;

[[noreturn]] void become(const std::vector<std::string>& role, bool stepped, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(kHungSeconds);  // Survives exec.
  ::dup2(output, STDOUT_FILENO);
  std::vector<char*> words;
  std::string self = "bus_adversity";
  words.push_back(self.data());
  std::vector<std::string> copy = role;
  for (auto& word : copy) words.push_back(word.data());
  words.push_back(nullptr);
  if (stepped && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kCannotStart);
  ::execv("/proc/self/exe", words.data());
  ::_exit(kCannotStart);
}

}  // namespace

void reachMark() {
  ::raise(SIGSTOP);
}

Child::Child(const std::vector<std::string>& role, bool stepped) : stepped_(stepped) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw NotPermitted{"no pipe could be made"};
  pid_ = ::fork();
  if (pid_ == 0) become(role, stepped, ends[1]);
  ::close(ends[1]);
  output_ = ends[0];
  if (pid_ < 0) throw NotPermitted{"no process could be made"};
  if (stepped_) {
    // The stop at exec.
    if (!await() && !ended_) ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL);
    if (ended_) throw NotPermitted{"one process may not trace another here"};
  }
  if (run() != At::mark) throw NotPermitted{"a role ended before its first mark: " + complaint_};
}

Child::~Child() {
  kill();
  if (output_ >= 0) ::close(output_);
}

/// Waits for the next stop or the end. True at a mark.
bool Child::await() {
  int status = 0;
  atMark_ = false;
  for (;;) {
    if (::waitpid(pid_, &status, WUNTRACED | __WALL) != pid_) {
      if (errno == EINTR) continue;
      ended_ = true;
      return false;
    }
    break;
  }
  if (WIFSTOPPED(status)) {
    atMark_ = WSTOPSIG(status) == SIGSTOP;
    if (!atMark_ && WSTOPSIG(status) != SIGTRAP) {
      complaint_ = std::string("got ") + ::strsignal(WSTOPSIG(status));
      ::kill(pid_, SIGKILL);
      return await();
    }
    return atMark_;
  }
  ended_ = true;
  if (WIFSIGNALED(status) && complaint_.empty())
    complaint_ = std::string("was ended by ") + ::strsignal(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    complaint_ = "ended with status " + std::to_string(WEXITSTATUS(status));
  return false;
}

std::uint64_t Child::step(std::uint64_t instructions) {
  return stepBy(PTRACE_SINGLESTEP, instructions);
}

std::uint64_t Child::stepCalls(std::uint64_t calls) {
  return stepBy(PTRACE_SYSCALL, calls);
}

std::uint64_t Child::stepBy(int request, std::uint64_t times) {
  std::uint64_t done = 0;
  while (done < times && !ended_) {
    ::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr);
    if (await()) break;
    ++done;
  }
  return done;
}

Child::At Child::run() {
  if (ended_) return At::ended;
  if (stepped_) {
    ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
  } else if (atMark_) {
    ::kill(pid_, SIGCONT);
  }
  return await() ? At::mark : At::ended;
}

void Child::letRun() {
  ::kill(pid_, SIGCONT);
}

void Child::kill() {
  if (pid_ <= 0 || ended_) return;
  ::kill(pid_, SIGKILL);
  while (!ended_) {
    int status = 0;
    const pid_t waited = ::waitpid(pid_, &status, __WALL);
    if (waited == pid_ ? WIFEXITED(status) || WIFSIGNALED(status) : errno != EINTR) ended_ = true;
  }
}

std::string Child::output() {
  std::string text;
  char some[4096];
  for (;;) {
    const ssize_t got = ::read(output_, some, sizeof some);
    if (got <= 0) return text;
    text.append(some, static_cast<std::size_t>(got));
  }
}

}  // namespace retrovue::framebus::adversity
