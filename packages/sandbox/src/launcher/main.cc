// retrovue-sandbox [MEASURES] -- PROGRAM [ARGUMENTS]: takes from itself what PROGRAM does not need, and
// becomes it. Whatever it does before a program begins holds for all of that program's threads, from its
// first instruction on, which no call from within could do: threads of the runtime are there before its first
// line of JavaScript.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "confinement.h"

namespace {

using retrovue::sandbox::Arguments;
using retrovue::sandbox::Confined;
using retrovue::sandbox::Step;

/// As env(1) and shells have them.
constexpr int exitBadArguments = 125;
constexpr int exitNotExecuted = 126;

/// What src/confinement.ts reads it by.
const char* const foldersVariable = "RETROVUE_SANDBOX_FOLDERS";

void printQuoted(const std::string& text) {
  std::putchar('"');
  for (const char c : text) {
    if (c == '"' || c == '\\')
      std::printf("\\%c", c);
    else if (static_cast<unsigned char>(c) >= 0x20)
      std::putchar(c);
  }
  std::putchar('"');
}

void printReport(const std::vector<Step>& steps) {
  std::printf("[");
  for (const Step& step : steps) {
    std::printf("%s{\"name\":\"%s\",\"isHeld\":%s,\"detail\":", &step == steps.data() ? "" : ",", step.name,
                step.isHeld ? "true" : "false");
    printQuoted(step.detail);
    std::printf("}");
  }
  std::printf("]\n");
}

/// True where all measures hold, or need not.
bool isEnough(const Confined& confined, bool required) {
  bool enough = true;
  for (const Step& step : confined.steps) {
    if (step.isHeld || !required) continue;
    std::fprintf(stderr, "retrovue-sandbox: %s does not hold: %s\n", step.name, step.detail.c_str());
    enough = false;
  }
  return enough;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = Arguments::read(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "retrovue-sandbox: %s\n", arguments.failure().message.c_str());
    return exitBadArguments;
  }
  const Confined confined = retrovue::sandbox::confine(arguments->confinement, arguments->program.front());
  if (arguments->isProbe) {
    printReport(confined.steps);
    return 0;
  }
  if (!isEnough(confined, arguments->isRequired)) return exitNotExecuted;
  if (confined.folders) ::setenv(foldersVariable, confined.folders->c_str(), 1);
  ::syscall(SYS_execveat, confined.program, "", arguments->program.data(), environ, AT_EMPTY_PATH);
  std::fprintf(stderr, "retrovue-sandbox: %s cannot be executed: %s\n", arguments->program.front(),
               std::strerror(errno));
  return exitNotExecuted;
}
