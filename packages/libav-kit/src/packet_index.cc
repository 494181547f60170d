#include <retrovue/libav/errors.h>
#include <retrovue/libav/packet_index.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace retrovue::libav {

namespace {

constexpr std::int64_t clock90k = 90'000;
/// Sound may begin anywhere, so a place every half second is near enough.
constexpr std::int64_t soundSpacing = clock90k / 2;
/// How far beyond a time must be seen before what lies at it is certain: pictures come out of order.
constexpr std::int64_t certainty = clock90k;

}  // namespace

JumpUnwinder makeUnwinder() {
  return JumpUnwinder(10 * clock90k, clock90k / 2);
}

void PacketUnwinder::goToStart() {
  unwinder_.restore({});
  awaited_ = -1;
}

void PacketUnwinder::goTo(const IndexEntry& entry, int stream) {
  unwinder_.restore(entry.before);
  awaited_ = stream;
}

bool PacketUnwinder::take(AVPacket& packet, const StreamChoice& streams) {
  if (awaited_ >= 0 && packet.stream_index != awaited_) return false;
  awaited_ = -1;
  const int slot = packet.stream_index == streams.picture ? 0 : packet.stream_index == streams.sound ? 1 : -1;
  const std::int64_t dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts;
  const std::int64_t offset =
      unwinder_.offsetFor(slot, dts == AV_NOPTS_VALUE ? JumpUnwinder::none : dts, packet.duration);
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += offset;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += offset;
  return true;
}

Expected<std::optional<IndexEntry>> PacketIndex::find(int stream, std::int64_t timestamp,
                                                      Interrupt& interrupt) {
  const std::scoped_lock lock(mutex_);
  if (auto scanned = scanBeyond(stream, timestamp, interrupt); !scanned) return scanned.failure();
  const auto& entries = stream == streams_.picture ? scan_.pictures : scan_.sounds;
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), timestamp,
                       [](std::int64_t at, const IndexEntry& it) { return at < it.timestamp; });
  if (after == entries.begin()) return std::optional<IndexEntry>();
  return std::optional<IndexEntry>(*(after - 1));
}

bool PacketIndex::isBeyond(int stream, std::int64_t timestamp) const {
  const std::int64_t reached = stream == streams_.picture ? scan_.pictureEnd : scan_.soundEnd;
  return scan_.ended || (reached != JumpUnwinder::none && reached > timestamp + certainty);
}

void PacketIndex::recall() {
  if (isRecalled_) return;
  isRecalled_ = true;
  identity_ = descriptor_->identity();
  if (!identity_) return;
  if (const auto kept = keptScans_.find(*identity_, streams_)) scan_ = *kept;
}

Expected<void> PacketIndex::openOn() {
  // Streams are numbered as they are come across: where the pass begins in the middle, the file's start has to tell.
  const int streams = scan_.last ? std::max(streams_.picture, streams_.sound) + 1 : 0;
  auto opened = MediaFile::openAgain(descriptor_, scanning_, limits_, streams);
  if (!opened) return opened.failure();
  if (scan_.last) {
    if (auto moved = (*opened)->seekByte(scan_.last->position); !moved) return moved.failure();
    unwinder_.goTo(*scan_.last, leading());
  }
  file_ = std::move(*opened);
  return {};
}

void PacketIndex::keep() {
  // What was written to in the meantime is neither the file that it was nor the one that it is.
  if (!identity_ || descriptor_->identity() != identity_) return;
  try {
    keptScans_.keep(*identity_, streams_, scan_);
  } catch (const std::bad_alloc&) {
    // Kept or not, this session has it.
  }
}

Expected<void> PacketIndex::scanBeyond(int stream, std::int64_t timestamp, Interrupt& interrupt) {
  recall();
  if (isBeyond(stream, timestamp)) return {};
  // The pass runs under an interrupt of its own, since its file outlives the caller; the caller's is asked
  // between.
  if (file_ == nullptr) {
    if (auto opened = openOn(); !opened) return opened;
  }
  const PacketPtr packet = makePacket();
  if (packet == nullptr) return libavFailure(AVERROR(ENOMEM), "Looking for a place");
  Expected<void> done = {};
  while (done && !isBeyond(stream, timestamp)) {
    if (interrupt.cancelled()) {
      done = Failure{"Cancelled", "Looking for a place was given up.", 0};
      break;
    }
    interrupt.arm(limits_.ioTimeoutNs);
    auto read = file_->read(*packet);
    if (!read) {
      done = read.failure();
    } else if (*read) {
      note(*packet);
    } else {
      scan_.ended = true;
      file_.reset();
    }
    av_packet_unref(packet.get());
  }
  keep();
  return done;
}

/// The stream by whose packets a pass goes on. Pictures come out last of all: what began before one of them has come out as well.
int PacketIndex::leading() const {
  return streams_.picture >= 0 ? streams_.picture : streams_.sound;
}

void PacketIndex::note(AVPacket& packet) {
  const bool isPicture = packet.stream_index == streams_.picture;
  if (!isPicture && packet.stream_index != streams_.sound) return;
  const JumpUnwinder::State before = unwinder_.state();
  if (!unwinder_.take(packet, streams_)) return;
  scan_.packets++;
  if (packet.pts == AV_NOPTS_VALUE) return;
  const std::int64_t at = packet.pts;
  auto& entries = isPicture ? scan_.pictures : scan_.sounds;
  const bool begins = isPicture ? (packet.flags & AV_PKT_FLAG_KEY) != 0
                                : entries.empty() || at >= entries.back().timestamp + soundSpacing;
  const bool advances = entries.empty() || at > entries.back().timestamp;
  if (begins && advances && packet.pos >= 0) entries.push_back({packet.pos, at, before});
  if (packet.stream_index == leading() && packet.pos >= 0) scan_.last = {packet.pos, at, before};
  auto& reached = isPicture ? scan_.pictureEnd : scan_.soundEnd;
  reached = std::max(reached, at);
}

}  // namespace retrovue::libav
