#pragma once
#include <retrovue/libav/decoding_line.h>
#include <retrovue/libav/sound_source.h>

#include <algorithm>
#include <deque>
#include <vector>

namespace retrovue::libav {

/// Sound decoded ahead of its being taken, as one unbroken run of samples: gaps in the asset's timestamps are
/// silence, what overlaps is left out, what lies before zero or before a seek's target is dropped.
///
/// Threads: `run` is the decoding thread's; all else may be called from any one other thread, never waits and
/// never decodes. Bounded: decoding waits while `aheadNs` of sound are ready.
class SoundLine final : public DecodingLine {
 public:
  SoundLine(std::int64_t aheadNs, std::function<void()> onChange)
      : DecodingLine(std::move(onChange)), aheadNs_(aheadNs) {}

  /// What `take` gave.
  struct Run {
    SoundFormat format;
    /// Index of the first sample from the asset's zero, and how many were given.
    std::int64_t start = 0;
    std::int64_t samples = 0;
  };
  enum class Answer { sound, end, notYet, otherChannels };
  /// Up to `samples` of the next samples, given only when all are there, or the end or another format comes
  /// first. `planes` has room for `samples` in each of as many channels as the format has; where it has another number, nothing is
  /// taken, and `run.format` says what comes.
  Expected<Answer> take(std::int64_t samples, const std::vector<float*>& planes, Run& run);
  /// The format of what is taken next; nothing while that is not known.
  std::optional<SoundFormat> format();
  /// True once the format of the first sound is known, or that there is none, or that it is long in coming.
  bool isKnown();
  bool hasEnded();
  void seek(std::int64_t target) { DecodingLine::seek(std::max<std::int64_t>(target, 0)); }
  void run(SoundSource& source);
  /// There is no sound to be had, and that is no failure.
  void end();

 private:
  struct Piece {
    SoundChunk chunk;
    /// Samples of the chunk already taken.
    std::int64_t taken = 0;
    /// Silence has no planes.
    bool isSilence = false;
  };
  void drop() override { pieces_.clear(); }
  Work nextWork();
  void put(SoundChunk chunk, std::uint64_t turn);
  void finish(std::uint64_t turn);
  SoundChunk blank();
  std::int64_t readyNs() const;

  const std::int64_t aheadNs_;
  std::deque<Piece> pieces_;
  /// Chunks whose memory is used again.
  std::vector<SoundChunk> blanks_;
  std::optional<SoundFormat> format_;
  /// Where the line's next sample lies, counted at the format's rate.
  std::int64_t end_ = 0;
  bool placed_ = false;
  bool ended_ = false;
  std::int64_t awaitedSamples_ = 0;
  int inVain_ = 0;
};

}  // namespace retrovue::libav
