#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/kept_scans.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/stream_choice.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace retrovue::libav {

/// A jump of more than 10 s ahead (as ffmpeg's dts_delta_threshold) or half a second back is no programme's
/// own.
JumpUnwinder makeUnwinder();

/// Makes the timestamps of packets continuous, in the order in which a demuxer gives them, from a file's start or from a place of its
/// index. The pictures' stream is the unwinder's 0, the sound's its 1.
class PacketUnwinder {
 public:
  /// The next packet is the file's first.
  void goToStart();
  /// The next packet of `stream` is the one that the entry stands for.
  void goTo(const IndexEntry& entry, int stream);
  /// Moves the packet's timestamps to where they go on. False for one that does not count, and keeps its timestamps: a picture that takes long
  /// to send comes after sound that begins behind its first byte, so that the entry's state has seen that sound already. Taken once more it would
  /// look like a jump back.
  bool take(AVPacket& packet, const StreamChoice& streams);
  const JumpUnwinder::State& state() const { return unwinder_.state(); }

 private:
  JumpUnwinder unwinder_ = makeUnwinder();
  /// The stream whose packet is waited for; -1 for none.
  int awaited_ = -1;
};

/// An index of a file whose timestamps cannot be searched for: filled by a pass over its packets, as far as
/// was asked for, and kept. Shared by the session's threads; the pass runs on the thread that asks. It goes on from where an
/// earlier session of the same file came to, and what it finds is kept for later ones, also where it is given up.
class PacketIndex {
 public:
  PacketIndex(std::shared_ptr<const Descriptor> descriptor, const MediaLimits& limits, StreamChoice streams,
              KeptScans& keptScans = KeptScans::shared())
      : descriptor_(std::move(descriptor)), limits_(limits), streams_(streams), keptScans_(keptScans) {}

  /// The last entry of `stream` at or before `timestamp`, scanning on until that is certain or the file has
  /// ended. Nothing where the file begins later. `interrupt` is the asking thread's.
  Expected<std::optional<IndexEntry>> find(int stream, std::int64_t timestamp, Interrupt& interrupt);

 private:
  Expected<void> scanBeyond(int stream, std::int64_t timestamp, Interrupt& interrupt);
  /// Whether what lies at this time is certain.
  bool isBeyond(int stream, std::int64_t timestamp) const;
  /// Takes up what is known of the file.
  void recall();
  int leading() const;
  /// Opens the file where the pass goes on.
  Expected<void> openOn();
  void keep();
  void note(AVPacket& packet);

  const std::shared_ptr<const Descriptor> descriptor_;
  const MediaLimits limits_;
  const StreamChoice streams_;
  KeptScans& keptScans_;
  std::mutex mutex_;
  Interrupt scanning_;
  std::unique_ptr<MediaFile> file_;
  PacketUnwinder unwinder_;
  PacketScan scan_;
  bool isRecalled_ = false;
  /// The file as it was when this index began with it; nothing where that cannot be told.
  std::optional<FileIdentity> identity_;
};

}  // namespace retrovue::libav
