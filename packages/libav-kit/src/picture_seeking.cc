// How a picture source moves: to a key picture from which what is shown at a time can be decoded.
#include <retrovue/libav/picture_source.h>

#include <algorithm>

namespace retrovue::libav {

namespace {

constexpr AVRational nanosecond{1, 1'000'000'000};
/// Packets looked at for a key picture after a seek, before any is taken.
constexpr int packetsToKeyMax = 1'000;
/// Each step back from a key picture that lies beyond the target goes twice as far: 10 steps are four
/// minutes.
constexpr int stepsMax = 10;

}  // namespace

Expected<void> PictureSource::reopen() {
  auto file = MediaFile::openAgain(spec_.descriptor, interrupt_, spec_.limits,
                                   std::max(spec_.stream, spec_.soundStream) + 1);
  if (!file) return file.failure();
  spec_.file = std::move(*file);
  keepOnly(spec_.file->context(), spec_.stream,
           spec_.file->seekBy() == SeekBy::packetIndex ? spec_.soundStream : -1);
  unwinder_.goToStart();
  return {};
}

/// To the packet from which to decode; false where there is none at or before the timestamp.
Expected<bool> PictureSource::seekTo(std::int64_t timestamp) {
  if (spec_.file->seekBy() == SeekBy::packetIndex && spec_.index != nullptr) {
    auto entry = spec_.index->find(spec_.stream, timestamp, interrupt_);
    if (!entry) return entry.failure();
    if (!*entry) return false;
    if (auto moved = spec_.file->seekByte((*entry)->position); !moved) return moved.failure();
    unwinder_.goTo(**entry, spec_.stream);
    return findKey();
  }
  if (auto moved = spec_.file->seek(spec_.stream, timestamp); !moved) {
    if (interrupt_.tripped() || spec_.file->isUnreadable()) return moved.failure();
    return false;
  }
  return findKey();
}

/// Reads on to the first key packet; false at the end.
Expected<bool> PictureSource::findKey() {
  packetWaits_ = false;
  for (int i = 0; i < packetsToKeyMax; i++) {
    auto read = readPacket();
    if (!read) return read;
    if (!*read) return false;
    if ((packet_->flags & AV_PKT_FLAG_KEY) != 0) break;
  }
  packetWaits_ = true;
  return true;
}

/// Whether the first packet from here on that is shown, is shown by `target`. Reads on.
Expected<bool> PictureSource::leadsTo(std::int64_t target) {
  for (int i = 0; i < packetsToKeyMax; i++) {
    auto read = readPacket();
    if (!read) return read;
    if (!*read) return false;
    if ((packet_->flags & AV_PKT_FLAG_DISCARD) != 0 || packet_->pts == AV_NOPTS_VALUE) continue;
    return timeOf(packet_->pts) <= target + shownSlackNs;
  }
  return false;
}

Expected<void> PictureSource::seek(std::int64_t target) {
  trail_.at(Activity::seeking, target);
  takeUpThreads();
  avcodec_flush_buffers(codec_.get());
  av_packet_unref(packet_.get());
  packetWaits_ = false;
  draining_ = false;
  concealNext_ = false;
  errors_ = 0;
  lastTime_ = INT64_MIN;
  notBeforeNs_ = INT64_MIN;
  const bool canSeek = zero_.has_value() && spec_.file->seekBy() != SeekBy::start;
  std::int64_t timestamp = canSeek ? timestampAt(target + shownSlackNs) : 0;
  std::int64_t step = std::max<std::int64_t>(1, av_rescale_q(500'000'000, nanosecond, timeBase_));
  if (canSeek && target > 0) {
    for (int i = 0; i < stepsMax; i++) {
      auto found = seekTo(timestamp);
      if (!found) return found.failure();
      if (!*found) break;
      if (packet_->pts == AV_NOPTS_VALUE && packet_->dts == AV_NOPTS_VALUE) break;
      if ((packet_->flags & AV_PKT_FLAG_DISCARD) != 0) {
        // By an edit list it is decoded and not shown: only what follows it tells from when on there are pictures.
        const std::int64_t landed = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
        auto leads = leadsTo(target);
        if (!leads) return leads.failure();
        auto again = *leads ? seekTo(timestamp) : Expected<bool>(false);
        if (!again) return again.failure();
        if (!*again) {
          timestamp = std::min(timestamp, landed) - (i == 0 ? 1 : step);
          if (i > 0) step *= 2;
          continue;
        }
      }
      // Where only decoding times are known, a key picture is shown after all that may lead it: as late as can be.
      const std::int64_t key =
          packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts + 2 * reorderDelay_;
      if (timeOf(key) <= target + shownSlackNs) {
        notBeforeNs_ = packet_->pts != AV_NOPTS_VALUE && timeOf(key) > 0 ? timeOf(key) : INT64_MIN;
        // H.264 holds back what it has not seen recover from a key picture's message; at the end of a file it
        // would never see that (5.1). All that follows the key picture is whole, and what does not is dropped
        // by its time.
        codec_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
        // A count of pictures is only kept from the start.
        count_ = std::max<std::int64_t>(count_, 1);
        return {};
      }
      const std::int64_t landed = packet_->dts != AV_NOPTS_VALUE ? std::min(packet_->dts, key) : key;
      timestamp = std::min(timestamp, landed) - (i == 0 ? 1 : step);
      if (i > 0) step *= 2;
      av_packet_unref(packet_.get());
      packetWaits_ = false;
    }
  }
  av_packet_unref(packet_.get());
  packetWaits_ = false;
  unwinder_.goToStart();
  count_ = 0;
  codec_->flags &= ~AV_CODEC_FLAG_OUTPUT_CORRUPT;
  // By the index where that is sure to lead to the first packet, else by opening the file again.
  if (spec_.file->seekBy() == SeekBy::timestamp && firstDts_ != AV_NOPTS_VALUE) {
    const std::int64_t first = firstDts_;
    if (spec_.file->seek(spec_.stream, first)) {
      auto read = readPacket();
      if (!read) return read.failure();
      const std::int64_t dts = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
      if (*read && dts == first) {
        packetWaits_ = true;
        return {};
      }
    }
  }
  av_packet_unref(packet_.get());
  return reopen();
}

}  // namespace retrovue::libav
