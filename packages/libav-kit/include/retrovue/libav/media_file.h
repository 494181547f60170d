#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/descriptor_io.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/interrupt.h>

#include <cstdint>
#include <memory>

namespace retrovue::libav {

/// What a file may ask of us; beyond it is refused. Wide enough for 8K and for any programme.
struct MediaLimits {
  int streamsMax = 64;
  /// Side of a picture, and its area: 8192×4320 (8K DCI) is what libav may allocate for.
  int sideMax = 16384;
  std::int64_t pixelsMax = 8192LL * 4320;
  int soundChannelsMax = 32;
  int sampleRateMax = 768000;
  /// How much of a file is read to learn of its streams (libav's own default), and how far in time, in µs.
  std::int64_t probeBytes = 5'000'000;
  std::int64_t analyseUs = 5'000'000;
  /// One open, read or seek that takes longer has failed.
  std::int64_t ioTimeoutNs = 10'000'000'000;
};

/// How much of the streams is to be known once a file is open.
enum class Knowledge {
  header,    ///< what the container's header says; streams may lack parameters
  playable,  ///< enough to decode: by the header where it says all, else by reading on
};

/// How a place in a file is found again.
enum class SeekBy {
  timestamp,    ///< the container has an index, or finds timestamps quickly and exactly
  packetIndex,  ///< timestamps wrap and jump: a pass over the packets tells where what is (TS, PS)
  start,        ///< no timestamps at all: from the start, counting (raw streams)
};

/// An open container. One thread at a time.
class MediaFile {
 public:
  /// `UnsupportedMedia` where nobody knows the format or it is one that opens other files, `MediaCorrupt`
  /// where its header is broken, `MediaNotFound` where the storage fails, `LimitExceeded`, `Timeout`, `Cancelled`. The
  /// interrupt outlives the file.
  static Expected<std::unique_ptr<MediaFile>> open(std::shared_ptr<const Descriptor> descriptor,
                                                   Interrupt& interrupt, const MediaLimits& limits,
                                                   Knowledge knowledge);
  /// As `open`, of a file that was opened before, for its first `streams` streams: by the header where that has them all, else
  /// (FLV, program streams) reading on. `DecodeFailed` where there are fewer now, and where the storage fails.
  static Expected<std::unique_ptr<MediaFile>> openAgain(std::shared_ptr<const Descriptor> descriptor,
                                                        Interrupt& interrupt, const MediaLimits& limits,
                                                        int streams);
  ~MediaFile();
  MediaFile(const MediaFile&) = delete;
  MediaFile& operator=(const MediaFile&) = delete;

  AVFormatContext& context() { return *context_; }
  /// libav's short name of the container: the first of its names.
  std::string container() const;
  SeekBy seekBy() const { return seekBy_; }
  /// True for one picture in a file: a still.
  bool isStill() const;
  /// The next packet of any stream; false at the end. Damage ends a file like its end; `damaged` tells. `DecodeFailed` where
  /// the storage fails.
  Expected<bool> read(AVPacket& packet);
  bool damaged() const { return damaged_; }
  /// The last access to the storage has failed.
  bool isUnreadable() const;
  /// The byte that is read next; where a seek has led to, right after it.
  std::int64_t position() const;
  /// The file is taken to end at this byte.
  void endAt(std::int64_t position);
  /// To the last key packet of `stream` at or before `timestamp`, in the stream's time base.
  Expected<void> seek(int stream, std::int64_t timestamp);
  /// To a byte, where packets are found by themselves (TS, PS).
  Expected<void> seekByte(std::int64_t position);

 private:
  MediaFile(Interrupt& interrupt, const MediaLimits& limits) : interrupt_(interrupt), limits_(limits) {}
  Expected<void> openHeader(std::shared_ptr<const Descriptor> descriptor);
  Expected<void> learnStreams();
  Expected<void> checkLimits();
  Failure failure(int error, const char* what, const char* fallback) const;
  bool has(int streams) const { return static_cast<int>(context_->nb_streams) >= streams; }

  Interrupt& interrupt_;
  const MediaLimits limits_;
  std::unique_ptr<DescriptorIo> io_;
  FormatContextPtr context_;  // After its I/O, which it reads from while it closes.
  SeekBy seekBy_ = SeekBy::timestamp;
  bool damaged_ = false;
  bool isOpen_ = false;
};

/// Prepares libav for this process: once, whoever comes first. Called by `MediaFile::open`.
void initLibrary();

}  // namespace retrovue::libav
