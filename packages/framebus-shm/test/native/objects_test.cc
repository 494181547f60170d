#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench.h"
#include "dead_objects.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

int objectsOf(const Place& place) {
  int count = 0;
  DIR* const folder = ::opendir(place.directory.c_str());
  while (const dirent* entry = ::readdir(folder)) {
    if (std::string(entry->d_name).starts_with(place.prefix + ".")) ++count;
  }
  ::closedir(folder);
  return count;
}

mode_t modeOf(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777 : 0;
}

/// A process that runs `body` and then waits to be killed, at the latest when this goes out of scope.
class Child {
 public:
  template <class Body>
  explicit Child(Body body) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      body();
      if (::write(ends[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    char done = 0;
    const bool began = ::read(ends[0], &done, 1) == 1;
    ::close(ends[0]);
    REQUIRE(began);
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace

TEST("bus/objects-have-their-sizes-and-permissions-and-go-away") {
  Place place;
  {
    Bench bench;
    place = bench.place;
    const auto layout = layoutOf(bench.spec);
    struct stat about {};
    REQUIRE(::stat(bench.path().c_str(), &about) == 0);
    CHECK_EQ(static_cast<std::uint64_t>(about.st_size), layout->controlBytes());
    REQUIRE(::stat((bench.path() + ".pictures").c_str(), &about) == 0);
    CHECK_EQ(static_cast<std::uint64_t>(about.st_size), layout->picturesBytes());
    REQUIRE(::stat((bench.path() + ".readers").c_str(), &about) == 0);
    CHECK_EQ(static_cast<std::uint64_t>(about.st_size), layout->readersBytes);
    CHECK_EQ(modeOf(bench.path()), mode_t{0640});
    CHECK_EQ(modeOf(bench.path() + ".pictures"), mode_t{0640});
    CHECK_EQ(modeOf(bench.path() + ".readers"), mode_t{0660});
    auto ticket = bench.committer->openLane();
    REQUIRE(ticket);
    CHECK_EQ(modeOf(ticket->path), mode_t{0600});
    auto writer = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
    REQUIRE(writer);
    CHECK_EQ(modeOf(ticket->path), mode_t{0});
    CHECK_EQ(objectsOf(place), 3);
  }
  CHECK_EQ(objectsOf(place), 0);
}

TEST("bus/two-engines-with-one-id-cannot-both-have-a-bus") {
  Bench bench;
  const auto second = Committer::create(bench.spec, bench.place, nullptr);
  REQUIRE(!second);
  CHECK_EQ(std::string(second.failure().code), std::string("AlreadyExists"));
  CHECK_EQ(objectsOf(bench.place), 3);
  CHECK_EQ(removeDeadObjects(bench.place.directory, bench.place.prefix), 0);
}

TEST("bus/what-a-killed-engine-left-is-removed-and-replaced") {
  const Place place = placeOfTest();
  Child engine([&] {
    auto made = Committer::create(smallSpec(), place, nullptr);
    if (!made) ::_exit(1);
    (*made)->start(smallSpec().grid().tickAtOrBefore(kEpochNs) + 4);
    if (!(*made)->openLane()) ::_exit(1);
    made->release();
  });
  CHECK_EQ(objectsOf(place), 4);
  CHECK_EQ(removeDeadObjects(place.directory, place.prefix), 0);
  const std::string path = place.directory + "/" + busName(place.prefix, "east", 7);
  Reader before(path);
  CHECK(before.status == RVFB_OK);
  engine.kill();
  // A reader that holds a lock of its own on the dead bus must not make it look alive.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_len = 1;
  REQUIRE(::fcntl(fd, F_OFD_SETLK, &lock) == 0);
  CHECK(rvfb_reader_check(before.raw) == RVFB_STALE);
  CHECK(rvfb_reader_wait(before.raw, 1'000'000'000'000, 20 * kSecond) == RVFB_STALE);
  {
    auto next = Committer::create(smallSpec(), place, nullptr);
    if (!next) retrovue::test::report("create", 0, next.failure().message);
    REQUIRE(next);
    CHECK_EQ(objectsOf(place), 3);
    Reader after(path);
    CHECK(after.status == RVFB_OK);
    CHECK(rvfb_reader_check(before.raw) == RVFB_STALE);
  }
  CHECK_EQ(objectsOf(place), 0);
  ::close(fd);
}

TEST("bus/clean-up-takes-dead-engines-only") {
  const Place place = placeOfTest();
  Child engine([&] {
    auto made = Committer::create(smallSpec(), place, nullptr);
    if (!made || !(*made)->openLane()) ::_exit(1);
    made->release();
  });
  BusSpec living = smallSpec();
  living.engineId = "west";
  auto alive = Committer::create(living, place, nullptr);
  REQUIRE(alive);
  const std::string foreign = place.directory + "/" + place.prefix + ".east.other";
  ::close(::open(foreign.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  engine.kill();
  CHECK_EQ(removeDeadObjects(place.directory, place.prefix), 4);
  CHECK_EQ(objectsOf(place), 4);
  ::unlink(foreign.c_str());
}

TEST("bus/too-little-shared-memory-is-an-error-that-names-the-size") {
  BusSpec spec = smallSpec();
  spec.width = 16384;
  spec.height = 16384;
  spec.leadTicks = 1000;
  spec.historyTicks = 10'000;
  Place place = placeOfTest();
  const auto made = Committer::create(spec, place, nullptr);
  REQUIRE(!made);
  CHECK_EQ(std::string(made.failure().code), std::string("OutOfSharedMemory"));
  CHECK(made.failure().message.find(std::to_string(layoutOf(spec)->totalBytes())) != std::string::npos);
  place.directory = "/nonexistent-shared-memory";
  const auto missing = Committer::create(smallSpec(), place, nullptr);
  REQUIRE(!missing);
  CHECK_EQ(std::string(missing.failure().code), std::string("OutOfSharedMemory"));
}
