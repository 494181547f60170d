// For the thread sanitizer, which watches addresses: lets all ends of a bus in this process share one mapping
// of each object, so that it sees their accesses meet. Linked with --wrap=mmap,--wrap=munmap, in that build
// only.
#include <sys/mman.h>
#include <sys/stat.h>

#include <map>
#include <mutex>
#include <utility>

extern "C" {
void* __real_mmap(void* at, std::size_t bytes, int protection, int flags, int fd, off_t offset);
int __real_munmap(void* at, std::size_t bytes);
}

namespace {

struct View {
  void* at;
  int users;
};

std::mutex& lock() {
  static std::mutex mutex;
  return mutex;
}

std::map<std::pair<dev_t, ino_t>, View>& views() {
  static std::map<std::pair<dev_t, ino_t>, View> all;
  return all;
}

}  // namespace

extern "C" void* __wrap_mmap(void* at, std::size_t bytes, int protection, int flags, int fd, off_t offset) {
  struct stat about {};
  if (fd < 0 || (flags & MAP_SHARED) == 0 || ::fstat(fd, &about) != 0) {
    return __real_mmap(at, bytes, protection, flags, fd, offset);
  }
  const std::scoped_lock guard(lock());
  View& view = views()[{about.st_dev, about.st_ino}];
  // The engine, who made the object, maps it first and writable.
  if (view.users++ == 0) view.at = __real_mmap(at, bytes, protection, flags, fd, offset);
  return view.at;
}

extern "C" int __wrap_munmap(void* at, std::size_t bytes) {
  const std::scoped_lock guard(lock());
  for (auto it = views().begin(); it != views().end(); ++it) {
    if (it->second.at != at) continue;
    if (--it->second.users > 0) return 0;
    views().erase(it);
    break;
  }
  return __real_munmap(at, bytes);
}
