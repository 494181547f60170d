// Objects cut short under those who have mapped them, by whoever may open them for writing.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "bench.h"
#include "cut_guard.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

void cut(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(fd.isOpen());
  REQUIRE(::ftruncate(fd.get(), 0) == 0);
}

}  // namespace

TEST("bus/a-lane-cut-short-by-its-worker-costs-that-worker-only") {
  Bench bench;
  bench.committer->start(bench.first);
  auto ticket = bench.committer->openLane();
  REQUIRE(ticket);
  const FileDescriptor fd(::open(ticket->path.c_str(), O_RDWR | O_CLOEXEC));
  auto writer = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
  REQUIRE(writer);
  Reader reader(bench.path());
  submitPainted(**writer, bench.grid, bench.first);
  reader.mustRead(bench.first);
  REQUIRE(::ftruncate(fd.get(), 0) == 0);
  bench.moveToGuardOf(bench.first + 3);
  CHECK_EQ(reader.mustRead(bench.first + 3).slot.lane, 0u);
  // What it stores from now on reaches nobody.
  submit(**writer, bench.grid, bench.first + 4, RVFB_BUFFER_BLACK);
  bench.moveToGuardOf(bench.first + 5);
  CHECK_EQ(reader.mustRead(bench.first + 4).slot.lane, 0u);
  bench.committer->retireLane(ticket->lane, RVFB_REASON_WORKER_LOST);
  auto next = bench.openLane();
  submitPainted(*next, bench.grid, bench.first + 6);
  CHECK_EQ(reader.mustRead(bench.first + 6).slot.lane, 2u);
}

TEST("bus/a-lane-cut-short-is-let-go-of-before-its-memory-goes") {
  BusSpec spec = smallSpec();
  spec.mapping = {1, monoNow(), kEpochNs, 0};
  Bench bench(spec);
  bench.committer->start(bench.first);
  const Reader reader(bench.path());
  for (int round = 0; round < 8; ++round) {
    auto ticket = bench.committer->openLane();
    REQUIRE(ticket);
    const FileDescriptor fd(::open(ticket->path.c_str(), O_RDWR | O_CLOEXEC));
    const std::int64_t next = std::max(rvfb_reader_head(reader.raw) + 1, bench.first);
    REQUIRE(::ftruncate(fd.get(), 0) == 0);
    // The committer's thread finds it when that tick is due. Looked for without a pause: the first kick is to
    // come while it lets go.
    while (rvfb_reader_head(reader.raw) < next) {
    }
    ClockMapping again = spec.mapping;
    for (int kick = 0; kick < 500; ++kick) {
      again.sequence = ++bench.sequence;
      bench.committer->setMapping(again);
    }
    bench.committer->retireLane(ticket->lane, RVFB_REASON_WORKER_LOST);
  }
}

TEST("bus/pictures-cut-short-do-not-end-the-engine") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  cut(bench.path() + ".pictures");
  submitPainted(*lane, bench.grid, bench.first);
  bench.moveToGuardOf(bench.first + 3);
  CHECK_EQ(bench.committer->head(), bench.first + 3);
  CHECK(lane->pictures()->isCut());
}

TEST("bus/a-control-object-cut-short-does-not-end-the-engine") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  cut(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  bench.moveToGuardOf(bench.first + 3);
  CHECK(bench.committer->control()->isCut());
  CHECK(Reader(bench.path()).status != RVFB_OK);
}

TEST("bus/faults-that-nobody-guards-end-the-process-as-ever") {
  const Bench bench;  // Something is guarded.
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int fd = ::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (::ftruncate(fd, 4096) != 0) ::_exit(2);
    auto* const at =
        static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    if (::ftruncate(fd, 0) != 0) ::_exit(3);
    at[0] = 1;
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);  // The sanitizer reports it and exits.
#else
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
#endif
}
