#include <retrovue/libav/errors.h>
#include <retrovue/libav/packet_index.h>

#include <algorithm>
#include <cerrno>

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

void unwind(AVPacket& packet, JumpUnwinder& unwinder, const StreamChoice& streams) {
  const int slot = packet.stream_index == streams.picture ? 0 : packet.stream_index == streams.sound ? 1 : -1;
  const std::int64_t dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts;
  const std::int64_t offset =
      unwinder.offsetFor(slot, dts == AV_NOPTS_VALUE ? JumpUnwinder::none : dts, packet.duration);
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += offset;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += offset;
}

Expected<std::optional<IndexEntry>> PacketIndex::find(int stream, std::int64_t timestamp,
                                                      Interrupt& interrupt) {
  const std::scoped_lock lock(mutex_);
  if (auto scanned = scanBeyond(stream, timestamp, interrupt); !scanned) return scanned.failure();
  const auto& entries = stream == streams_.picture ? pictures_ : sounds_;
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), timestamp,
                       [](std::int64_t at, const IndexEntry& it) { return at < it.timestamp; });
  if (after == entries.begin()) return std::optional<IndexEntry>();
  return std::optional<IndexEntry>(*(after - 1));
}

Expected<void> PacketIndex::scanBeyond(int stream, std::int64_t timestamp, Interrupt& interrupt) {
  // The pass runs under an interrupt of its own, since its file outlives the caller; the caller's is asked
  // between.
  if (file_ == nullptr && !ended_) {
    auto opened = MediaFile::openAgain(descriptor_, scanning_, limits_, 0);
    if (!opened) return opened.failure();
    file_ = std::move(*opened);
  }
  const PacketPtr packet = makePacket();
  if (packet == nullptr) return libavFailure(AVERROR(ENOMEM), "Looking for a place");
  const std::int64_t& reached = stream == streams_.picture ? pictureEnd_ : soundEnd_;
  while (!ended_ && (reached == JumpUnwinder::none || reached <= timestamp + certainty)) {
    if (interrupt.cancelled()) return Failure{"Cancelled", "Looking for a place was given up.", 0};
    interrupt.arm(limits_.ioTimeoutNs);
    auto read = file_->read(*packet);
    if (!read) return read.failure();
    if (*read) {
      note(*packet);
    } else {
      ended_ = true;
      file_.reset();
    }
    av_packet_unref(packet.get());
  }
  return {};
}

void PacketIndex::note(AVPacket& packet) {
  const bool isPicture = packet.stream_index == streams_.picture;
  if (!isPicture && packet.stream_index != streams_.sound) return;
  const JumpUnwinder::State before = unwinder_.state();
  unwind(packet, unwinder_, streams_);
  if (packet.pts == AV_NOPTS_VALUE) return;
  const std::int64_t at = packet.pts;
  auto& entries = isPicture ? pictures_ : sounds_;
  const bool begins = isPicture ? (packet.flags & AV_PKT_FLAG_KEY) != 0
                                : entries.empty() || at >= entries.back().timestamp + soundSpacing;
  const bool advances = entries.empty() || at > entries.back().timestamp;
  if (begins && advances && packet.pos >= 0) entries.push_back({packet.pos, at, before});
  auto& reached = isPicture ? pictureEnd_ : soundEnd_;
  reached = std::max(reached, at);
}

}  // namespace retrovue::libav
