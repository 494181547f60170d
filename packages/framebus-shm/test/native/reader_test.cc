#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstddef>
#include <future>
#include <thread>

#include "bench.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

void writeFile(const std::string& path, const std::string& bytes) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0640);
  REQUIRE(fd >= 0);
  REQUIRE(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

std::string readFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  ::fstat(fd, &about);
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  REQUIRE(::pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  ::close(fd);
  return bytes;
}

/// From now on the kernel answers this thread's waits on words that processes share with EPERM, as a container's filter may.
bool refuseSharedWaits() {
  const sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT_BITSET, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(rules), const_cast<sock_filter*>(rules)};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

TEST("bus/foreign-truncated-and-other-versions-are-refused-at-opening") {
  Bench bench;
  const std::string good = readFile(bench.path());
  const std::string path = bench.place.directory + "/" + bench.place.prefix + ".odd.ch1";
  const auto statusOf = [&path](const std::string& bytes) {
    writeFile(path, bytes);
    return Reader(path).status;
  };
  CHECK(statusOf("") == RVFB_INCOMPATIBLE);
  CHECK(statusOf("not a bus") == RVFB_INCOMPATIBLE);
  CHECK(statusOf(std::string(1 << 16, '\xff')) == RVFB_INCOMPATIBLE);
  CHECK(statusOf(good.substr(0, good.size() - 4096)) == RVFB_INCOMPATIBLE);
  CHECK(statusOf(good + std::string(4096, '\0')) == RVFB_INCOMPATIBLE);
  std::string other = good;
  other[4] = 2;
  CHECK(statusOf(other) == RVFB_INCOMPATIBLE);
  // Whole, but nobody holds its lock: a dead engine's.
  CHECK(statusOf(good) == RVFB_NOT_FOUND);
  // Every single byte of the constant header turned over: never a crash, never opened as something else.
  for (std::size_t at = 0; at < 448; ++at) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(~flipped[at]);
    const rvfb_status status = statusOf(flipped);
    CHECK(status == RVFB_INCOMPATIBLE || status == RVFB_NOT_FOUND);
  }
  ::unlink(path.c_str());
  CHECK(Reader(path).status == RVFB_NOT_FOUND);
}

TEST("bus/time-in-which-nobody-looked-is-one-missed-heartbeat-at-most") {
  Bench bench;
  // A bus whose engine is there and whose heart does not beat; a heartbeat is over between any two looks.
  std::string still = readFile(bench.path());
  reinterpret_cast<rvfb_header*>(still.data())->heartbeat_ns = 1;
  const std::string path = bench.place.directory + "/" + bench.place.prefix + ".still.ch1";
  writeFile(path, still);
  REQUIRE(::link((bench.path() + ".pictures").c_str(), (path + ".pictures").c_str()) == 0);
  const FileDescriptor engine(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  REQUIRE(::fcntl(engine.get(), F_OFD_SETLK, &lock) == 0);
  const Reader reader(path);
  ::unlink((path + ".pictures").c_str());
  CHECK(reader.status == RVFB_OK);
  for (std::uint32_t missed = 1; missed < RVFB_HEARTBEATS_MISSED; ++missed)
    CHECK(rvfb_reader_check(reader.raw) == RVFB_OK);
  CHECK(rvfb_reader_check(reader.raw) == RVFB_STALE);
  ::unlink(path.c_str());
}

TEST("bus/lapped-reader-is-told-and-resyncs") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  for (int n = 0; n < 60; ++n) {
    bench.moveTo(bench.first + n - 4);
    submitPainted(*lane, bench.grid, bench.first + n);
  }
  reader.mustRead(bench.first + 59);
  rvfb_frame frame;
  CHECK(reader.read(bench.first, frame) == RVFB_OVERRUN);
  CHECK(reader.read(bench.first + 60, frame) == RVFB_NOT_YET);
  const std::int64_t oldest = rvfb_reader_oldest(reader.raw);
  CHECK_EQ(oldest, bench.first + 59 - 14);
  const rvfb_frame resynced = reader.mustRead(oldest);
  CHECK_EQ(int{resynced.planes[0][0]}, int{shadeOf(oldest)});
  CHECK(reader.read(oldest - 1, frame) == RVFB_OVERRUN);
}

TEST("bus/torn-picture-and-overwritten-sound-are-told") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  Reader reader(bench.path());
  submitPainted(*lane, bench.grid, bench.first);
  const rvfb_frame frame = reader.mustRead(bench.first);
  CHECK(rvfb_reader_intact(reader.raw, &frame.slot));
  for (int n = 1; n < 200; ++n) {
    bench.moveTo(bench.first + n - 4);
    submitPainted(*lane, bench.grid, bench.first + n);
  }
  reader.mustRead(bench.first + 199);
  CHECK(!rvfb_reader_intact(reader.raw, &frame.slot));
  std::vector<float> left(frame.slot.sample_count), right(frame.slot.sample_count);
  float* into[2] = {left.data(), right.data()};
  CHECK(!rvfb_reader_sound(reader.raw, &frame.slot, into, 2));
}

TEST("bus/a-wait-ends-by-time-interrupt-and-end-of-the-bus") {
  auto bench = std::make_unique<Bench>();
  const std::int64_t first = bench->first;
  Reader reader(bench->path());
  CHECK(rvfb_reader_wait(reader.raw, first, 1'000'000) == RVFB_TIMEOUT);
  rvfb_status interrupted = RVFB_OK;
  std::thread waiter([&] { interrupted = rvfb_reader_wait(reader.raw, first, 60 * kSecond); });
  rvfb_reader_interrupt(reader.raw);
  waiter.join();
  CHECK(interrupted == RVFB_INTERRUPTED);
  Reader other(bench->path());
  rvfb_status ended = RVFB_OK;
  std::thread ending([&] { ended = rvfb_reader_wait(other.raw, first, 60 * kSecond); });
  bench.reset();
  ending.join();
  CHECK(ended == RVFB_STALE);
  rvfb_frame frame;
  CHECK(other.read(0, frame) == RVFB_STALE);
}

TEST("bus/a-wait-sleeps-where-the-system-refuses-futexes") {
  Bench bench;
  Reader reader(bench.path());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  bool isRefused = false;
  rvfb_status timeout = RVFB_OK, reached = RVFB_SYSTEM;
  long slept = 0;
  std::promise<void> looking;
  // What is refused is refused for this thread alone, and for its life.
  std::thread waiter([&] {
    isRefused = refuseSharedWaits();
    rusage before{}, after{};
    ::getrusage(RUSAGE_THREAD, &before);
    timeout = rvfb_reader_wait(reader.raw, bench.first, kSecond / 20);
    ::getrusage(RUSAGE_THREAD, &after);
    slept = after.ru_nvcsw - before.ru_nvcsw;
    looking.set_value();
    reached = rvfb_reader_wait(reader.raw, bench.first, 60 * kSecond);
  });
  looking.get_future().wait();
  submitPainted(*lane, bench.grid, bench.first);
  waiter.join();
  REQUIRE(isRefused);
  CHECK(timeout == RVFB_TIMEOUT);
  // A quarter of a tick is 8 ms. One that spins never gives its processor away by itself.
  CHECK(slept >= 3);
  CHECK(reached == RVFB_OK);
}

TEST("bus/a-wait-without-futexes-takes-no-rate-from-what-may-change") {
  Bench bench;
  Reader reader(bench.path());
  const FileDescriptor fd(::open(bench.path().c_str(), O_RDWR | O_CLOEXEC));
  const std::uint32_t none = 0;
  const off_t at = offsetof(rvfb_header, format) + offsetof(rvfb_format, rate_num);
  REQUIRE(::pwrite(fd.get(), &none, sizeof none, at) == static_cast<ssize_t>(sizeof none));
  REQUIRE(rvfb_reader_header(reader.raw)->format.rate_num == 0);
  bool isRefused = false;
  rvfb_status timeout = RVFB_OK;
  std::thread waiter([&] {
    isRefused = refuseSharedWaits();
    timeout = rvfb_reader_wait(reader.raw, bench.first, kSecond / 50);
  });
  waiter.join();
  REQUIRE(isRefused);
  CHECK(timeout == RVFB_TIMEOUT);
}

TEST("bus/readers-are-listed-and-garbage-in-their-table-hurts-nobody") {
  Bench bench;
  auto reader = std::make_unique<Reader>(bench.path(), "multiviewer");
  rvfb_reader_show(reader->raw, 42, 3);
  auto rows = bench.committer->readers();
  REQUIRE(rows.size() == 1);
  CHECK_EQ(rows[0].name, std::string("multiviewer"));
  CHECK_EQ(rows[0].cursor, 42);
  CHECK_EQ(rows[0].overruns, 3u);
  CHECK_EQ(rows[0].pid, ::getpid());
  // Anybody of the group may store anything there, or cut it short.
  const int fd = ::open((bench.path() + ".readers").c_str(), O_RDWR | O_CLOEXEC);
  const std::string garbage(64 * 256 + 256, '\xff');
  REQUIRE(::pwrite(fd, garbage.data(), garbage.size(), 0) > 0);
  rows = bench.committer->readers();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].name.size() <= 128);
  CHECK_EQ(rows[0].cursor, -1);
  REQUIRE(::ftruncate(fd, 10) == 0);
  CHECK_EQ(bench.committer->readers().size(), 0u);
  rvfb_reader_show(reader->raw, 43, 3);
  Reader late(bench.path(), "late");
  CHECK(late.status == RVFB_OK);
  ::close(fd);
  reader.reset();
  CHECK_EQ(bench.committer->readers().size(), 0u);
}

TEST("bus/a-reader-that-comes-before-the-bus-is-seen") {
  const Place place = placeOfTest();
  const std::string path = place.directory + "/" + busName(place.prefix, "east", 7);
  auto made = ReadersTable::make(place.directory, path + ".readers", layoutOf(smallSpec())->readersBytes);
  REQUIRE(made);
  const std::int64_t before = monoNow();
  CHECK(!made->isWanted(before, monoNow()));
  CHECK(Reader(path).status == RVFB_NOT_FOUND);
  CHECK(made->isWanted(before, monoNow()));
  CHECK(!made->isWanted(monoNow(), monoNow() + kSecond));
  CHECK_EQ(made->rows().size(), 0u);
  // A time yet to come, stored by whoever may: it counts for nothing, else it would count for ever.
  const FileDescriptor fd(::open((path + ".readers").c_str(), O_RDWR | O_CLOEXEC));
  const std::int64_t never = INT64_MAX;
  const off_t at = RVFB_READERS_BYTES + offsetof(rvfb_reader_entry, last_seen_mono_ns);
  REQUIRE(::pwrite(fd.get(), &never, sizeof never, at) == static_cast<ssize_t>(sizeof never));
  CHECK(!made->isWanted(before, monoNow()));
}
