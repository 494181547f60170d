#include <retrovue/libav/sound_line.h>

#include <algorithm>
#include <cstring>

namespace retrovue::libav {

namespace {

constexpr std::int64_t second = 1'000'000'000;
/// Long stretches without sound after which nobody waits to hear what it is like.
constexpr int inVainMax = 4;
/// A gap in the timestamps longer than this is no gap in the sound but a lie; sound then goes on without one.
constexpr std::int64_t silenceMaxNs = 3600 * second;

std::int64_t sampleNearest(std::int64_t time, int rate) {
  return av_rescale(time, rate, second);
}

}  // namespace

std::int64_t SoundLine::readyNs() const {
  std::int64_t ns = 0;
  for (const Piece& piece : pieces_) {
    ns += av_rescale(piece.chunk.samples - piece.taken, second, piece.chunk.format.sampleRate);
  }
  return ns;
}

Expected<SoundLine::Answer> SoundLine::take(std::int64_t samples, const std::vector<float*>& planes,
                                            Run& run) {
  std::unique_lock lock(mutex_);
  if (failure_) return *failure_;
  if (isSeeking()) {
    isAwaited_ = true;
    return Answer::notYet;
  }
  std::int64_t available = 0;
  bool isBounded = ended_;
  for (const Piece& piece : pieces_) {
    if (!(piece.chunk.format == pieces_.front().chunk.format)) {
      isBounded = true;
      break;
    }
    available += piece.chunk.samples - piece.taken;
    if (available >= samples) break;
  }
  if (available == 0 && ended_) return Answer::end;
  if (available < samples && !isBounded) {
    isAwaited_ = true;
    // Somebody wants more at one go than is kept ready: then so much is.
    if (awaitedSamples_ != samples) changed_.notify_one();
    awaitedSamples_ = samples;
    return Answer::notYet;
  }
  run.format = pieces_.front().chunk.format;
  // The format may have changed since the caller asked for it.
  if (planes.size() != static_cast<std::size_t>(run.format.channels)) return Answer::otherChannels;
  awaitedSamples_ = 0;
  run.start = pieces_.front().chunk.start + pieces_.front().taken;
  run.samples = 0;
  while (run.samples < samples && !pieces_.empty() && pieces_.front().chunk.format == run.format) {
    Piece& piece = pieces_.front();
    const std::int64_t count = std::min(samples - run.samples, piece.chunk.samples - piece.taken);
    for (std::size_t c = 0; c < planes.size(); c++) {
      float* into = planes[c] + run.samples;
      const auto bytes = static_cast<std::size_t>(count) * sizeof(float);
      const float* plane =
          piece.isSilence ? nullptr
                          : piece.chunk.planes.data() + c * static_cast<std::size_t>(piece.chunk.samples);
      if (plane == nullptr) {
        std::memset(into, 0, bytes);
      } else {
        std::memcpy(into, plane + piece.taken, bytes);
      }
    }
    run.samples += count;
    piece.taken += count;
    if (piece.taken == piece.chunk.samples) {
      if (!piece.isSilence) blanks_.push_back(std::move(piece.chunk));
      pieces_.pop_front();
    }
  }
  lock.unlock();
  changed_.notify_one();
  return Answer::sound;
}

std::optional<SoundFormat> SoundLine::format() {
  const std::scoped_lock lock(mutex_);
  return pieces_.empty() ? format_ : std::optional(pieces_.front().chunk.format);
}

bool SoundLine::isKnown() {
  const std::scoped_lock lock(mutex_);
  if (format_ || ended_ || failure_ || inVain_ >= inVainMax) return true;
  isAwaited_ = true;
  return false;
}

bool SoundLine::hasEnded() {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

void SoundLine::end() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  turnDone_ = turn_;
  change(lock);
}

SoundLine::Work SoundLine::nextWork() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    if (request()) return true;
    if (ended_ || failure_) return false;
    const std::int64_t awaitedNs = format_ ? av_rescale(awaitedSamples_, second, format_->sampleRate) : 0;
    return readyNs() < std::max(aheadNs_, awaitedNs + second / 10);
  });
  if (const auto asked = request()) return *asked;
  return {Work::Kind::decode, 0, turn_};
}

SoundChunk SoundLine::blank() {
  const std::scoped_lock lock(mutex_);
  if (blanks_.empty()) return {};
  SoundChunk chunk = std::move(blanks_.back());
  blanks_.pop_back();
  return chunk;
}

void SoundLine::put(SoundChunk chunk, std::uint64_t turn) {
  std::unique_lock lock(mutex_);
  if (turn != turn_ || stopping_) return;
  if (chunk.samples == 0) {
    blanks_.push_back(std::move(chunk));
    inVain_++;
    change(lock);
    return;
  }
  const int rate = chunk.format.sampleRate;
  if (!placed_) {
    end_ = sampleNearest(target_, rate);
    placed_ = true;
  } else if (format_ && format_->sampleRate != rate) {
    end_ = av_rescale(end_, rate, format_->sampleRate);
  }
  format_ = chunk.format;
  if (chunk.start > end_ && av_rescale(chunk.start - end_, second, rate) <= silenceMaxNs) {
    SoundChunk silence{chunk.format, end_, chunk.start - end_, {}};
    pieces_.push_back({std::move(silence), 0, true});
    end_ = chunk.start;
  }
  const std::int64_t over = chunk.start < end_ ? std::min(end_ - chunk.start, chunk.samples) : 0;
  if (over == chunk.samples) {
    blanks_.push_back(std::move(chunk));
    return;
  }
  chunk.start = end_ - over;
  end_ += chunk.samples - over;
  pieces_.push_back({std::move(chunk), over, false});
  change(lock);
}

void SoundLine::finish(std::uint64_t turn) {
  std::unique_lock lock(mutex_);
  if (turn != turn_) return;
  ended_ = true;
  change(lock);
}

void SoundLine::run(SoundSource& source) {
  for (;;) {
    const Work work = nextWork();
    if (work.kind == Work::Kind::stop) return;
    if (work.kind == Work::Kind::seek) {
      auto done = source.seek(work.target);
      if (!done) {
        fail(done.failure());
        return;
      }
      std::unique_lock lock(mutex_);
      if (work.turn != turn_) continue;
      turnDone_ = work.turn;
      placed_ = false;
      ended_ = false;
      pieces_.clear();
      change(lock);
      continue;
    }
    SoundChunk chunk = blank();
    auto got = source.next(chunk);
    if (!got) {
      fail(got.failure());
      return;
    }
    if (*got) {
      put(std::move(chunk), work.turn);
    } else {
      finish(work.turn);
    }
  }
}

}  // namespace retrovue::libav
