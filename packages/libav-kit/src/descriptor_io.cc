#include <fcntl.h>
#include <retrovue/libav/descriptor_io.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace retrovue::libav {

namespace {

/// A demuxer's window on the file: large enough that reading costs few calls, small enough for many open
/// files.
constexpr int bufferBytes = 64 * 1024;

#ifdef __APPLE__
const timespec& modifiedAt(const struct stat& status) { return status.st_mtimespec; }
const timespec& changedAt(const struct stat& status) { return status.st_ctimespec; }
#else
const timespec& modifiedAt(const struct stat& status) { return status.st_mtim; }
const timespec& changedAt(const struct stat& status) { return status.st_ctim; }
#endif

}  // namespace

Expected<std::shared_ptr<const Descriptor>> Descriptor::duplicate(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return systemFailure("MediaNotFound", "The file cannot be looked at");
  if (!S_ISREG(status.st_mode)) return Failure{"UnsupportedMedia", "It is no regular file.", 0};
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (own < 0) return systemFailure("LimitExceeded", "The file's descriptor cannot be duplicated");
  return std::make_shared<const Descriptor>(own);
}

Descriptor::~Descriptor() {
  ::close(fd_);
}

std::int64_t Descriptor::read(std::uint8_t* into, std::size_t bytes, std::int64_t at) const {
  for (;;) {
    const ssize_t got = pread(fd_, into, bytes, at);
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}

std::int64_t Descriptor::size() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 ? status.st_size : -errno;
}

std::optional<FileIdentity> Descriptor::identity() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0) return std::nullopt;
  const auto ns = [](const timespec& at) { return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec; };
  return FileIdentity{status.st_dev, status.st_ino, status.st_size, ns(modifiedAt(status)), ns(changedAt(status))};
}

std::unique_ptr<DescriptorIo> DescriptorIo::create(std::shared_ptr<const Descriptor> descriptor,
                                                   const Interrupt& interrupt) {
  std::unique_ptr<DescriptorIo> io(new DescriptorIo(std::move(descriptor), interrupt));
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(bufferBytes));
  if (buffer == nullptr) return nullptr;
  io->context_ =
      avio_alloc_context(buffer, bufferBytes, 0, io.get(), &DescriptorIo::read, nullptr, &DescriptorIo::seek);
  if (io->context_ == nullptr) {
    av_free(buffer);
    return nullptr;
  }
  return io;
}

DescriptorIo::~DescriptorIo() {
  if (context_ == nullptr) return;
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int DescriptorIo::read(void* self, std::uint8_t* into, int bytes) {
  auto& io = *static_cast<DescriptorIo*>(self);
  if (io.interrupt_.tripped()) return AVERROR_EXIT;
  if (io.at_ >= io.end_) return AVERROR_EOF;
  const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(bytes, io.end_ - io.at_));
  const std::int64_t got = io.descriptor_->read(into, wanted, io.at_);
  // What a demuxer got over is no failure of the file: the last read counts.
  io.failure_ = got < 0 ? AVERROR(static_cast<int>(-got)) : 0;
  if (got < 0) return io.failure_;
  if (got == 0) return AVERROR_EOF;
  io.at_ += got;
  return static_cast<int>(got);
}

std::int64_t DescriptorIo::seek(void* self, std::int64_t offset, int whence) {
  auto& io = *static_cast<DescriptorIo*>(self);
  const int from = whence & ~AVSEEK_FORCE;
  if (from == AVSEEK_SIZE) return io.descriptor_->size();
  std::int64_t base = 0;
  if (from == SEEK_CUR) base = io.at_;
  if (from == SEEK_END) base = io.descriptor_->size();
  std::int64_t to = 0;
  if (base < 0 || __builtin_add_overflow(base, offset, &to) || to < 0) return AVERROR(EINVAL);
  io.at_ = to;
  return to;
}

}  // namespace retrovue::libav
