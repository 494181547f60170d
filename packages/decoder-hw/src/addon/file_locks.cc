#include "file_locks.h"

#include <fcntl.h>
#include <plain_object.h>
#include <retrovue/addon/js_error.h>

#include <cerrno>
#include <cstdio>

namespace retrovue::decoder {

namespace {

/// Locks of an opening, not of a process: with those of a process (F_SETLK) two decoders in one would share a slot, and closing
/// any descriptor of the file would let go of it. macOS has them under the same names since 10.15.
struct flock wholeFile() {
  struct flock it {};
  it.l_type = F_WRLCK;
  it.l_whence = SEEK_SET;
  return it;
}

}  // namespace

Napi::Value lockFile(const Napi::CallbackInfo& call) {
  struct flock wanted = wholeFile();
  const int fd = static_cast<int>(numberOf(call.Env(), call[0]));
  if (fcntl(fd, F_OFD_SETLK, &wanted) == 0) return Napi::Boolean::New(call.Env(), true);
  if (errno == EAGAIN || errno == EACCES) return Napi::Boolean::New(call.Env(), false);
  return addon::throwFailure(call.Env(), systemFailure("Internal", "Locking a file failed"));
}

Napi::Value isFileLocked(const Napi::CallbackInfo& call) {
  struct flock wanted = wholeFile();
  const int fd = static_cast<int>(numberOf(call.Env(), call[0]));
  if (fcntl(fd, F_OFD_GETLK, &wanted) != 0)
    return addon::throwFailure(call.Env(), systemFailure("Internal", "Asking for a file's lock failed"));
  return Napi::Boolean::New(call.Env(), wanted.l_type != F_UNLCK);
}

}  // namespace retrovue::decoder
