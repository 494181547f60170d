#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/interrupt.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace retrovue::libav {

/// What tells a file, as it is now, from all others and from what it was before it was written to.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  /// Of its content and of what is said of it, in ns since the epoch.
  std::int64_t modifiedNs = 0;
  std::int64_t changedNs = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// A file that was opened once, by our rules. Reads name their place, so any number of readers share it.
class Descriptor {
 public:
  /// Duplicates `fd`; the caller goes on owning his. `UnsupportedMedia` unless it is a regular file: a pipe
  /// or a device may have no end.
  static Expected<std::shared_ptr<const Descriptor>> duplicate(int fd);
  explicit Descriptor(int fd) : fd_(fd) {}
  virtual ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  /// Up to `bytes` from `at` on; 0 at the end, negative errno where the storage fails. For tests, which let it fail.
  virtual std::int64_t read(std::uint8_t* into, std::size_t bytes, std::int64_t at) const;
  /// Bytes, as of now; negative errno where it cannot be told.
  std::int64_t size() const;
  /// As of now; nothing where it cannot be told.
  std::optional<FileIdentity> identity() const;

 private:
  const int fd_;
};

/// libav's reader over a descriptor. Each read looks at the interrupt first, so that no demuxer's loop
/// outlasts it.
class DescriptorIo {
 public:
  /// Null where memory has run out. `interrupt` outlives the reader.
  static std::unique_ptr<DescriptorIo> create(std::shared_ptr<const Descriptor> descriptor,
                                              const Interrupt& interrupt);
  ~DescriptorIo();
  DescriptorIo(const DescriptorIo&) = delete;
  DescriptorIo& operator=(const DescriptorIo&) = delete;
  AVIOContext* context() { return context_; }
  /// Why the last read failed, an AVERROR; 0 where it did not. Demuxers take a failed read for the end of the file.
  int failure() const { return failure_; }
  /// From this byte on there is nothing, but for what is buffered already.
  void endAt(std::int64_t position) { end_ = position; }

 private:
  DescriptorIo(std::shared_ptr<const Descriptor> descriptor, const Interrupt& interrupt)
      : descriptor_(std::move(descriptor)), interrupt_(interrupt) {}
  static int read(void* self, std::uint8_t* into, int bytes);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  const std::shared_ptr<const Descriptor> descriptor_;
  const Interrupt& interrupt_;
  std::int64_t at_ = 0;
  std::int64_t end_ = INT64_MAX;
  int failure_ = 0;
  AVIOContext* context_ = nullptr;
};

}  // namespace retrovue::libav
