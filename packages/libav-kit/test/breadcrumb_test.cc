#include <retrovue/libav/breadcrumb.h>
#include <retrovue/test/runner.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "clip.h"

using namespace retrovue::libav;
using namespace retrovue::libav::test;

TEST("breadcrumb/each-thread-says-what-it-is-at") {
  std::string path = (std::filesystem::temp_directory_path() / "retrovue-crumbs-XXXXXX").string();
  const int fd = mkstemp(path.data());
  REQUIRE(fd >= 0);
  unlink(path.c_str());
  REQUIRE(useBreadcrumbFile(fd));
  CHECK(useBreadcrumbFile(fd));
  constexpr std::size_t bytes = sizeof(BreadcrumbHead) + breadcrumbLines * sizeof(Breadcrumb);
  // As whoever looks after a crash: through a mapping of their own.
  void* seen = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  REQUIRE(seen != MAP_FAILED);
  const auto* head = static_cast<const BreadcrumbHead*>(seen);
  CHECK(std::memcmp(head->magic, "RVCRUMB1", 8) == 0);
  const auto* lines = reinterpret_cast<const Breadcrumb*>(head + 1);
  const auto inUse = [&](std::uint32_t role) {
    int count = 0;
    for (std::uint32_t i = 0; i < breadcrumbLines; i++) {
      if (lines[i].thread != 0 && lines[i].role == role && std::strcmp(lines[i].asset, "test") == 0) count++;
    }
    return count;
  };
  {
    Player player(mp4Clip().open());
    REQUIRE(player.info());
    CHECK_EQ(inUse(1), 1);
    CHECK_EQ(inUse(2), 1);
  }
  CHECK_EQ(inUse(1) + inUse(2), 0);
  CHECK_EQ(head->faultLine.load(), 0u);
  // Faults end a process, so others take them: of a thread without a line, with one, and begun by one with a
  // line.
  const auto dies = [](auto&& work) {
    const pid_t child = fork();
    if (child == 0) {
      std::thread(work).join();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    // A sanitizer that takes the signal ends the process by itself.
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
  };
  CHECK(dies([] { raise(SIGSEGV); }));
  CHECK_EQ(head->faultLine.load(), 0u);
  CHECK_EQ(head->faultSender.load(), 0u);
  // What somebody else sent is nobody's fault, whoever is at work.
  const pid_t sent = fork();
  if (sent == 0) {
    const BreadcrumbTrail trail("innocent", 2);
    for (;;) pause();
  }
  const auto isAtWork = [&] {
    for (std::uint32_t i = 0; i < breadcrumbLines; i++) {
      if (lines[i].activity != 0 && std::strcmp(lines[i].asset, "innocent") == 0) return true;
    }
    return false;
  };
  while (!isAtWork()) std::this_thread::yield();
  kill(sent, SIGSEGV);
  waitpid(sent, nullptr, 0);
  CHECK_EQ(head->faultLine.load(), 0u);
  CHECK_EQ(head->faultSender.load(), static_cast<std::uint32_t>(getpid()));
  CHECK(dies([] {
    const BreadcrumbTrail trail("guilty", 2);
    std::thread([] { std::abort(); }).join();
  }));
  const std::uint32_t line = head->faultLine.load();
  REQUIRE(line > 0);
  CHECK(std::strcmp(lines[line - 1].asset, "guilty") == 0);
  CHECK_EQ(head->faultSignal.load(), static_cast<std::uint32_t>(SIGABRT));
  munmap(seen, bytes);
}
