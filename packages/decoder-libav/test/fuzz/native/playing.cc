#include "playing.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <random>
#include <vector>

namespace retrovue::fuzz {

using libav::Picture;
using libav::PictureLine;
using libav::SoundLine;

namespace {

/// Samples asked for at once: some ticks' worth.
constexpr std::int64_t soundRead = 4'096;
constexpr std::size_t planesMax = 64;
/// What one case may read: 60 pictures of 1080p or a thousand small ones, 40 s of sound. A broken file may
/// promise years.
constexpr std::int64_t pixelsMax = 125'000'000;
constexpr std::int64_t picturesMax = 1'000;
constexpr std::int64_t samplesMax = 2'000'000;
/// Shorter than in service (10 s), so that an endless search is seen to end.
constexpr std::int64_t ioTimeoutNs = 4'000'000'000;
constexpr int seeks = 4;

/// Keeps the compiler from leaving out what only reads.
volatile std::uint64_t judged;

libav::SessionSpec specOf(const Playing& how) {
  libav::SessionSpec spec;
  spec.uri = "fuzz";
  spec.descriptor = how.descriptor;
  spec.limits.ioTimeoutNs = ioTimeoutNs;
  spec.isProbe = how.salt % 16 == 3;
  if (how.salt % 4 == 1) spec.threads = {{"", 3}};
  return spec;
}

/// A session with somebody who waits for its answers.
class Listener {
 public:
  explicit Listener(const Playing& how)
      : how_(how), random_(how.salt), session_(specOf(how), [this] { change(); }) {}

  Fate play() {
    if (random_() % 24 == 0) return fate_;  // Closed while it opens.
    auto info = answered([this] { return session_.info(); }, [](const auto& it) { return it.has_value(); });
    if (!info) return ended(info.failure());
    const std::int64_t duration = std::max<std::int64_t>((*info)->duration, 1'000'000'000);
    if (how_.salt % 16 == 3) return fate_;
    if (!readAll(random_() % 8 == 0 ? 3 : picturesMax)) return fate_;
    for (int i = 0; i < seeks; ++i) {
      session_.seek(placeOf(i, duration));
      if (random_() % 8 == 0) continue;  // Overtaken by the next one.
      auto sought = answered([this] { return session_.sought(); }, [](bool done) { return done; });
      if (!sought) return ended(sought.failure());
      if (!readAll(4)) return fate_;
    }
    return fate_;
  }

 private:
  std::int64_t placeOf(int turn, std::int64_t duration) {
    if (turn == 0) return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(duration));
    const std::array<std::int64_t, 6> places{0, -5'000'000'000, duration, duration - 40'000'000, duration / 2,
                                             std::numeric_limits<std::int64_t>::max() / 4};
    return places[random_() % places.size()];
  }

  void change() {
    const std::scoped_lock lock(mutex_);
    changes_++;
    changed_.notify_all();
  }

  /// Asks until the answer is one.
  template <class Question, class IsAnswer>
  auto answered(const Question& ask, const IsAnswer& isAnswer) -> decltype(ask()) {
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::scoped_lock lock(mutex_);
        seen = changes_;
      }
      auto answer = ask();
      if (!answer || isAnswer(*answer)) {
        how_.onProgress();
        return answer;
      }
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return changes_ != seen && how_.plant != Plant::hang; });
    }
  }

  Fate& ended(const Failure& failure) {
    fate_.end = failure.code;
    return fate_;
  }

  /// Pictures and sound in turns, as a channel reads them. False where it has failed.
  bool readAll(std::int64_t most) {
    bool pictures = true, sound = true;
    for (std::int64_t n = 0; n < most && (pictures || sound); ++n) {
      if (pictures) {
        Picture picture;
        auto got = answered([&] { return session_.takePicture(INT64_MIN, picture); },
                            [](auto it) { return it != PictureLine::Answer::notYet; });
        if (!got) return ended(got.failure()), false;
        pictures = *got == PictureLine::Answer::picture && pixels_ < pixelsMax;
        if (*got == PictureLine::Answer::picture) look(std::move(picture));
      }
      for (int reads = pictures ? 1 : 1'000; sound && reads > 0; --reads) {
        SoundLine::Run run;
        const std::vector<float*> planes = planesFor(session_.soundFormat());
        auto got = answered([&] { return session_.takeSound(soundRead, planes, run); },
                            [](auto it) { return it != SoundLine::Answer::notYet; });
        if (!got) return ended(got.failure()), false;
        sound = *got != SoundLine::Answer::end && fate_.samples < samplesMax;
        if (*got == SoundLine::Answer::sound) fate_.samples += run.samples;
      }
    }
    return true;
  }

  std::vector<float*> planesFor(const std::optional<libav::SoundFormat>& format) {
    const auto count =
        std::min(planesMax, static_cast<std::size_t>(format ? std::max(format->channels, 0) : 2));
    while (memory_.size() < count) memory_.emplace_back(static_cast<std::size_t>(soundRead));
    std::vector<float*> planes;
    for (std::size_t i = 0; i < count; ++i) planes.push_back(memory_[i].data());
    return planes;
  }

  void look(Picture picture) {
    const auto format = static_cast<AVPixelFormat>(picture.frame->format);
    const int planes = libav::portPlanes(format);
    // One row more than there is: found by the sanitizer unless another picture happens to lie behind it.
    const int beyond = how_.plant == Plant::overrun ? 64 : 0;
    std::uint64_t sum = 0;
    for (int plane = 0; plane < planes; ++plane) {
      const int rows = libav::planeRows(format, plane, picture.format.height) + beyond;
      const int bytes = libav::planeRowBytes(format, plane, picture.format.width);
      for (int y = 0; y < rows; ++y) {
        const std::uint8_t* row = picture.frame->data[plane] + static_cast<std::ptrdiff_t>(y) * picture.frame->linesize[plane];
        for (int x = 0; x < bytes; ++x) sum += row[x];
      }
    }
    judged = judged + sum;
    volatile std::int64_t latest = how_.plant == Plant::overflow ? std::numeric_limits<std::int64_t>::max() : 0;
    latest = latest + 1;
    pixels_ += static_cast<std::int64_t>(picture.format.width) * picture.format.height;
    fate_.pictures++;
    if (how_.plant == Plant::leak) picture.frame.release();
    // Some are held beyond the session.
    if (random_() % 32 == 0 && held_.size() < 3) {
      held_.push_back(std::move(picture.frame));
      return;
    }
    session_.giveBackPicture();
  }

  const Playing& how_;
  std::mt19937_64 random_;
  Fate fate_;
  std::int64_t pixels_ = 0;
  std::vector<std::vector<float>> memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  std::vector<libav::FramePtr> held_;  // Before the session: they outlive it.
  libav::Session session_;
};

}  // namespace

Fate play(const Playing& how) {
  return Listener(how).play();
}

}  // namespace retrovue::fuzz
