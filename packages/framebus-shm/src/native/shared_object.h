#pragma once
#include <retrovue/expected.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "cut_guard.h"

namespace retrovue::framebus {

/// An open file descriptor, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool isOpen() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

/// When the pages of a mapping are touched first.
enum class Touching { now, later };

/// Mapped memory, unmapped with its last owner. JavaScript's buffers over it are owners too.
class Mapping {
 public:
  Mapping(void* at, std::size_t bytes, bool writable)
      : at_(static_cast<std::byte*>(at)), bytes_(bytes), guard_(at, bytes, writable) {}
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* at(std::uint64_t offset = 0) const { return at_ + offset; }
  std::size_t bytes() const { return bytes_; }
  /// True once somebody has cut the object short: what was there is lost, and what is stored here reaches
  /// nobody.
  bool isCut() const { return guard_.isCut(); }

  /// Every page is touched now, so that none faults on the way of a frame; unless that is left to a
  /// `PageToucher`.
  static Expected<std::shared_ptr<Mapping>> make(int fd, std::size_t bytes, bool writable,
                                                 Touching touching = Touching::now);

 private:
  std::byte* at_;
  std::size_t bytes_;
  CutGuard guard_;
};

/// An object in the shared-memory folder that this process made. It comes to be without a name, whole in
/// size, and gets its name when it is ready; so nobody ever sees half an object and a process killed in
/// between leaves nothing.
class SharedObject {
 public:
  /// Memory for all of it is taken now (`OutOfSharedMemory` otherwise): later there is no SIGBUS.
  static Expected<SharedObject> make(const std::string& directory, std::uint64_t bytes, mode_t mode,
                                     Touching touching = Touching::now);

  SharedObject(SharedObject&&) noexcept = default;
  SharedObject& operator=(SharedObject&&) noexcept = default;
  /// Removes the name, if it is still this object's.
  ~SharedObject();

  /// Holds the open-file-description write lock that says "its engine lives" (rule 6) until the object is
  /// closed.
  Expected<void> lock();
  /// Gives it a name. `AlreadyExists` if that is taken.
  Expected<void> link(const std::string& path);
  /// Takes the name away again. Idempotent.
  void unlink();

  /// Gives up this process's view of the object, where nobody needs it.
  void unmap() { mapping_.reset(); }

  const std::shared_ptr<Mapping>& mapping() const { return mapping_; }
  std::uint64_t inode() const { return inode_; }
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  SharedObject(FileDescriptor fd, std::shared_ptr<Mapping> mapping, std::uint64_t device, std::uint64_t inode)
      : fd_(std::move(fd)), mapping_(std::move(mapping)), device_(device), inode_(inode) {}

  FileDescriptor fd_;
  std::shared_ptr<Mapping> mapping_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  std::string path_;
};

/// True if a living engine holds the object's lock (rule 6). A read lock is asked for, so that a reader, who
/// can take no write lock on a read-only descriptor, cannot make a dead object look alive.
bool isLocked(int fd);

/// Bytes that the folder's file system can still give; UINT64_MAX where it has no limit of its own.
Expected<std::uint64_t> freeBytes(const std::string& directory);

/// The message for memory that is not there: what is needed, where, and what to do.
Failure outOfSharedMemory(const std::string& directory, std::uint64_t needed, std::uint64_t available);

}  // namespace retrovue::framebus
