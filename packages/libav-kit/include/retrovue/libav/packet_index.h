#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/stream_choice.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace retrovue::libav {

/// A jump of more than 10 s ahead (as ffmpeg's dts_delta_threshold) or half a second back is no programme's
/// own.
JumpUnwinder makeUnwinder();

/// Moves a packet's timestamps to where they go on. The pictures' stream is the unwinder's 0, the sound's
/// its 1.
void unwind(AVPacket& packet, JumpUnwinder& unwinder, const StreamChoice& streams);

/// Where decoding may begin.
struct IndexEntry {
  std::int64_t position;
  /// Presentation time, unwound, in the stream's time base.
  std::int64_t timestamp;
  /// The unwinder's state before the packet.
  JumpUnwinder::State before;
};

/// An index of a file whose timestamps cannot be searched for: filled by a pass over its packets, as far as
/// was asked for, and kept. Shared by the session's threads; the pass runs on the thread that asks.
class PacketIndex {
 public:
  PacketIndex(std::shared_ptr<const Descriptor> descriptor, const MediaLimits& limits, StreamChoice streams)
      : descriptor_(std::move(descriptor)), limits_(limits), streams_(streams) {}

  /// The last entry of `stream` at or before `timestamp`, scanning on until that is certain or the file has
  /// ended. Nothing where the file begins later. `interrupt` is the asking thread's.
  Expected<std::optional<IndexEntry>> find(int stream, std::int64_t timestamp, Interrupt& interrupt);

 private:
  Expected<void> scanBeyond(int stream, std::int64_t timestamp, Interrupt& interrupt);
  void note(AVPacket& packet);

  const std::shared_ptr<const Descriptor> descriptor_;
  const MediaLimits limits_;
  const StreamChoice streams_;
  std::mutex mutex_;
  Interrupt scanning_;
  std::unique_ptr<MediaFile> file_;
  JumpUnwinder unwinder_ = makeUnwinder();
  std::vector<IndexEntry> pictures_;
  std::vector<IndexEntry> sounds_;
  /// How far the scan has come in each chosen stream.
  std::int64_t pictureEnd_ = JumpUnwinder::none;
  std::int64_t soundEnd_ = JumpUnwinder::none;
  bool ended_ = false;
};

}  // namespace retrovue::libav
