#pragma once
#include <retrovue/libav/descriptor_io.h>
#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/stream_choice.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace retrovue::libav {

/// Where decoding may begin.
struct IndexEntry {
  std::int64_t position;
  /// Presentation time, unwound, in the stream's time base.
  std::int64_t timestamp;
  /// The unwinder's state before the packet.
  JumpUnwinder::State before;
};

/// What a pass over a file's packets has found, from the file's start as far as it has come.
struct PacketScan {
  std::vector<IndexEntry> pictures;
  std::vector<IndexEntry> sounds;
  /// How far it has come in each chosen stream.
  std::int64_t pictureEnd = JumpUnwinder::none;
  std::int64_t soundEnd = JumpUnwinder::none;
  /// Where it goes on: the last packet of the stream by which it does.
  std::optional<IndexEntry> last;
  /// Packets of the chosen streams that were seen; what two passes over one file are compared by.
  std::int64_t packets = 0;
  bool ended = false;
};

/// Passes over files, kept beyond the sessions that made them: one that was given up half-way goes on in the next session, and one
/// that is done is not made again. By the file itself, not by its name: what was written to since is another file.
///
/// Any thread. Bounded by number and by bytes: the least recently used goes, and what would fill it alone is not kept.
class KeptScans {
 public:
  KeptScans(std::size_t scansMax, std::size_t bytesMax) : scansMax_(scansMax), bytesMax_(bytesMax) {}
  /// The process's own.
  static KeptScans& shared();

  /// Null where there is none.
  std::shared_ptr<const PacketScan> find(const FileIdentity& file, const StreamChoice& streams);
  /// Keeps it, unless one that has come further is kept already.
  void keep(const FileIdentity& file, const StreamChoice& streams, const PacketScan& scan);
  std::size_t bytes();

 private:
  struct Kept {
    FileIdentity file;
    StreamChoice streams;
    std::shared_ptr<const PacketScan> scan;
  };
  /// To the front where it is found; the caller holds the lock.
  bool bringForward(const FileIdentity& file, const StreamChoice& streams);

  const std::size_t scansMax_;
  const std::size_t bytesMax_;
  std::mutex mutex_;
  /// The one used last comes first.
  std::list<Kept> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace retrovue::libav
