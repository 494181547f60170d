#include "served_golden.h"

#include <fcntl.h>
#include <poll.h>
#include <retrovue/frame_bus.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "driven_bus.h"

namespace retrovue::framebus::golden {
namespace {

constexpr int kBeatMs = 100;

int writeObject(const std::string& path, const std::string& from, mode_t mode) {
  std::ifstream file(from, std::ios::binary);
  if (!file) giveUp("cannot read " + from);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) giveUp("cannot make " + path);
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    giveUp("cannot write " + path);
  return fd;
}

void store(int fd, const void* value, std::size_t bytes, std::size_t offset) {
  if (::pwrite(fd, value, bytes, static_cast<off_t>(offset)) != static_cast<ssize_t>(bytes))
    giveUp("cannot store");
}

}  // namespace

void serveGolden(const std::string& folder, const std::string& path) {
  const int pictures = writeObject(path + ".pictures", folder + "/pictures", 0640);
  const int readers = writeObject(path + ".readers", folder + "/readers", 0660);
  // The control object gets its name last, when all else is there.
  const std::string unfinished = path + ".unfinished";
  const int control = writeObject(unfinished, folder + "/control", 0640);
  struct stat about {};
  ::fstat(pictures, &about);
  const auto inode = static_cast<std::uint64_t>(about.st_ino);
  store(control, &inode, sizeof inode, offsetof(rvfb_header, pictures_inode));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_len = 1;
  if (::fcntl(control, F_OFD_SETLK, &lock) != 0) giveUp("cannot lock " + path);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) giveUp("cannot name " + path);
  std::puts("ready");
  std::fflush(stdout);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char ignored[64];
  for (std::uint64_t beat = 2;; ++beat) {
    if (::poll(&input, 1, kBeatMs) > 0 && ::read(STDIN_FILENO, ignored, sizeof ignored) <= 0) break;
    store(control, &beat, sizeof beat, offsetof(rvfb_header, heartbeat));
  }
  for (const char* kind : {"", ".pictures", ".readers"}) ::unlink((path + kind).c_str());
  ::close(control);
  ::close(pictures);
  ::close(readers);
}

}  // namespace retrovue::framebus::golden
