#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "confinement.h"

namespace retrovue::sandbox::test {

/// For a call that went through.
constexpr int done = 0;

/// What a child could not say: it died.
constexpr int died = -1;

/// 0 or the errno of a call.
inline int errorOf(long result) {
  return result >= 0 ? done : errno;
}

/// Confines a child and has it try something: what `attempt` returned, or `died`.
inline int inChild(const Confinement& confinement, const std::function<int()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    confine(confinement, "/proc/self/exe");
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : died;
}

/// True where the kernel applies the measure at all.
inline bool isThere(const std::string& measure) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool isHeld = false;
    for (const Step& step : confine({}, "/proc/self/exe").steps)
      isHeld = isHeld || (step.isHeld && step.name == measure);
    ::_exit(isHeld ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace retrovue::sandbox::test
