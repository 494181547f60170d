#include "file_locks.h"

#include <fcntl.h>
#include <plain_object.h>
#include <retrovue/addon/js_error.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdio>

namespace retrovue::decoder {

namespace {

// Locks of an opening, not of a process: with those of a process (F_SETLK) two decoders in one would share a slot, and closing
// any descriptor of the file would let go of it.
#ifdef F_OFD_SETLK
struct flock wholeFile() {
  struct flock it {};
  it.l_type = F_WRLCK;
  it.l_whence = SEEK_SET;
  return it;
}

bool takeLock(int fd) {
  struct flock wanted = wholeFile();
  return fcntl(fd, F_OFD_SETLK, &wanted) == 0;
}

/// 1 where another opening has it, 0 where none has, -1 with errno where that cannot be told.
int askLock(int fd) {
  struct flock wanted = wholeFile();
  if (fcntl(fd, F_OFD_GETLK, &wanted) != 0) return -1;
  return wanted.l_type == F_UNLCK ? 0 : 1;
}
#else
bool takeLock(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/// As above. Here one asks by sharing the lock for a moment, in which nobody can take it: a slot may look taken that is free.
int askLock(int fd) {
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK ? 1 : -1;
  flock(fd, LOCK_UN);
  return 0;
}
#endif

}  // namespace

Napi::Value lockFile(const Napi::CallbackInfo& call) {
  const int fd = static_cast<int>(numberOf(call.Env(), call[0]));
  if (takeLock(fd)) return Napi::Boolean::New(call.Env(), true);
  if (errno == EWOULDBLOCK || errno == EACCES) return Napi::Boolean::New(call.Env(), false);
  return addon::throwFailure(call.Env(), systemFailure("Internal", "Locking a file failed"));
}

Napi::Value isFileLocked(const Napi::CallbackInfo& call) {
  const int fd = static_cast<int>(numberOf(call.Env(), call[0]));
  const int isLocked = askLock(fd);
  if (isLocked < 0) return addon::throwFailure(call.Env(), systemFailure("Internal", "Asking for a file's lock failed"));
  return Napi::Boolean::New(call.Env(), isLocked != 0);
}

}  // namespace retrovue::decoder
