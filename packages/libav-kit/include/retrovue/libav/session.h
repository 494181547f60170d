#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/picture_line.h>
#include <retrovue/libav/sound_line.h>
#include <retrovue/libav/stream_choice.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace retrovue::libav {

/// What a session is opened with.
struct SessionSpec {
  /// For errors and breadcrumbs.
  std::string uri;
  std::shared_ptr<const Descriptor> descriptor;
  std::vector<std::string> languages;
  /// Threads for the codec; 0: one while that keeps up. By libav's codec names; "" is the default.
  std::vector<std::pair<std::string, int>> threads;
  /// What an earlier session of the same asset came to (`Session::threadsWanted`); 0 where there was none.
  int threadsLearnt = 0;
  /// `LoadWatch`: how much of a picture's time decoding it may take.
  double keepUpShare = 0.8;
  int picturesHeldMax = 4;
  /// Pictures decoded ahead of the one that is taken next.
  int picturesAhead = 3;
  /// Sound decoded ahead: what a preroll wants, twice.
  std::int64_t soundAheadNs = 1'000'000'000;
  /// Only looks at the asset: nothing can be read.
  bool isProbe = false;
  MediaLimits limits;
  /// What pictures are decoded into where they fit; null for memory of the session's own.
  std::shared_ptr<LoanedBuffers> buffers;
  /// Where the pictures are decoded, all of them or none; null for software.
  std::shared_ptr<HardwareDevice> device;
};

/// What is known of an asset once it is open.
struct SessionInfo {
  std::string container;
  /// ns from zero; negative where it is not known.
  std::int64_t duration = -1;
  bool hasPicture = false;
  std::string pictureCodec;
  std::string pictureDecoder;
  /// What the pictures ask of a decoder.
  StreamNeeds pictureNeeds;
  PictureFormat pictureFormat;
  AVRational nominalRate{0, 1};
  AVRational pictureTimeBase{1, 1};
  bool isStill = false;
  bool hasSound = false;
  std::string soundCodec;
  SoundFormat soundFormat;
  std::string language;
};

/// **One open asset.** Two threads of its own, one for the pictures and one for the sound, each with a reader
/// of the file and a decoder of its own, so that neither waits for the other however far apart they are read;
/// the file is opened once. All methods may be called from one thread at a time and never wait, but `close`.
class Session {
 public:
  /// Begins at once. `onChange` is called from the session's threads when something that was "not yet" may
  /// have come.
  Session(SessionSpec spec, std::function<void()> onChange);
  /// Closes.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Nothing while it opens; why it could not be opened; or what it is. Fixed from then on.
  Expected<std::optional<SessionInfo>> info();
  Expected<PictureLine::Answer> takePicture(std::int64_t notBefore, Picture& into);
  void giveBackPicture() { pictures_.giveBack(); }
  Expected<SoundLine::Answer> takeSound(std::int64_t samples, const std::vector<float*>& planes,
                                        SoundLine::Run& run);
  std::optional<SoundFormat> soundFormat() { return sound_.format(); }
  /// Threads that its pictures take to keep up, as far as has been seen; 0 while nothing has, or where it is
  /// configured.
  int threadsWanted() const { return threadsWanted_->load(std::memory_order_relaxed); }
  void seek(std::int64_t target);
  Expected<bool> sought();
  /// Tells all threads to end; returns at once.
  void cancel();
  /// Waits until they have. Idempotent.
  void close();

 private:
  /// What the opening thread hands to the sound's.
  struct SoundStart;

  void work();
  Expected<void> openAll(std::unique_ptr<MediaFile> file, const BreadcrumbTrail& trail);
  /// The sound's thread.
  void workSound(std::unique_ptr<SoundStart> start);
  void runSound(std::unique_ptr<SoundStart> start);
  void leaveOutSound(const Failure& failure);
  bool isOpened();
  void publish(Expected<std::optional<SessionInfo>> info);
  int threadsFor(const AVCodecParameters& parameters) const;

  const SessionSpec spec_;
  const std::function<void()> onChange_;
  const std::shared_ptr<std::atomic<int>> threadsWanted_ = std::make_shared<std::atomic<int>>(0);
  Interrupt pictureInterrupt_;
  Interrupt soundInterrupt_;
  PictureLine pictures_;
  SoundLine sound_;
  std::mutex mutex_;
  /// Opened, or failed; the sound's own part of it comes when the sound's thread has seen its first samples.
  std::optional<Expected<std::optional<SessionInfo>>> opened_;
  /// Written before `opened_` is, but for sound that turns out to be undecodable.
  std::atomic<bool> hasPicture_{false};
  std::atomic<bool> hasSound_{false};
  bool isCancelled_ = false;
  std::thread soundThread_;
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue::libav
