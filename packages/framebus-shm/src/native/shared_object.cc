#include "shared_object.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <utility>

#include "exit_names.h"

namespace retrovue::framebus {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int FileDescriptor::release() {
  return std::exchange(fd_, -1);
}

Mapping::~Mapping() {
  guard_ = CutGuard();  // Before the addresses may be another's.
  ::munmap(at_, bytes_);
}

Expected<std::shared_ptr<Mapping>> Mapping::make(int fd, std::size_t bytes, bool writable,
                                                 Touching touching) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const int flags = MAP_SHARED | (touching == Touching::now ? MAP_POPULATE : 0);
  void* at = ::mmap(nullptr, bytes, protection, flags, fd, 0);
  if (at == MAP_FAILED)
    return systemFailure("OutOfSharedMemory", "Cannot map " + std::to_string(bytes) + " bytes");
  return std::make_shared<Mapping>(at, bytes, writable);
}

Expected<SharedObject> SharedObject::make(const std::string& directory, std::uint64_t bytes, mode_t mode,
                                          Touching touching) {
  FileDescriptor fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  if (!fd.isOpen()) {
    const int error = errno;
    if (error == ENOENT) {
      return Failure{
          "OutOfSharedMemory",
          "There is no shared memory at " + directory + "; mount a tmpfs there (containers: --shm-size).",
          error};
    }
    if (error == EACCES || error == EROFS) {
      return systemFailure("PermissionDenied", "Cannot make objects in " + directory, error);
    }
    return systemFailure("OutOfSharedMemory", directory + " cannot hold a frame bus (it must be a tmpfs)",
                         error);
  }
  // The mode of open() passes through the umask; this one does not.
  if (::fchmod(fd.get(), mode) != 0)
    return systemFailure("PermissionDenied", "Cannot set the mode of an object");
  int result = 0;
  do {
    result = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
  } while (result == EINTR);
  if (result != 0) {
    const auto available = freeBytes(directory);
    return outOfSharedMemory(directory, bytes, available && *available != UINT64_MAX ? *available : 0);
  }
  auto mapping = Mapping::make(fd.get(), bytes, true, touching);
  if (!mapping) return mapping.failure();
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return systemFailure("Internal", "Cannot look at an object of our own");
  return SharedObject(std::move(fd), *mapping, about.st_dev, about.st_ino);
}

SharedObject::~SharedObject() {
  unlink();
}

Expected<void> SharedObject::lock() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  if (::fcntl(fd_.get(), F_OFD_SETLK, &lock) != 0) return systemFailure("Internal", "Cannot lock an object");
  return {};
}

Expected<void> SharedObject::link(const std::string& path) {
  // The way for those without CAP_DAC_READ_SEARCH (man 2 open, O_TMPFILE).
  const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    if (errno == EEXIST) return Failure{"AlreadyExists", path + " exists already.", EEXIST};
    return systemFailure("Internal", "Cannot name the object " + path);
  }
  path_ = path;
  rememberName(path);
  return {};
}

void SharedObject::unlink() {
  if (path_.empty() || !fd_.isOpen()) return;
  struct stat about {};
  if (::lstat(path_.c_str(), &about) == 0 && about.st_dev == device_ && about.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  forgetName(path_);
  path_.clear();
}

bool isLocked(int fd) {
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

Expected<std::uint64_t> freeBytes(const std::string& directory) {
  struct statvfs about {};
  if (::statvfs(directory.c_str(), &about) != 0) {
    return Failure{
        "OutOfSharedMemory",
        "There is no shared memory at " + directory + "; mount a tmpfs there (containers: --shm-size).",
        errno};
  }
  // A tmpfs without a limit (size=0) says that it has no blocks at all.
  if (about.f_blocks == 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

Failure outOfSharedMemory(const std::string& directory, std::uint64_t needed, std::uint64_t available) {
  const auto megabytes = [](std::uint64_t bytes, bool up) {
    return std::to_string((bytes + (up ? 1'048'575 : 0)) / 1'048'576) + " MiB";
  };
  return Failure{"OutOfSharedMemory",
                 "The bus needs " + std::to_string(needed) + " bytes (" + megabytes(needed, true) + ") of " +
                     directory + ", which has " + megabytes(available, false) +
                     " left. Give it more (containers: --shm-size), or lower lead, history or picture size.",
                 0};
}

}  // namespace retrovue::framebus
