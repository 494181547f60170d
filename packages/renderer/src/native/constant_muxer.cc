#include "constant_muxer.h"

#include <algorithm>
#include <array>

namespace retrovue::renderer {
namespace {

/// Clock references lie at most this far apart. The limit in use is 40 ms (ETSI TR 101 290, 5.2.2).
constexpr std::int64_t kClockEveryNs = 36'000'000;
/// What leaves together: a tick's bytes leave in portions of at most so much time.
constexpr std::int64_t kPortionNs = 10'000'000;
/// Sound waits so long for its tick's picture to begin. Its own time is up to 85 ms before its tick's, and it takes a tick (42 ms) to leave:
/// together less than `kConstantDelay`.
constexpr std::int64_t kSoundHeldNs = 350'000'000;

constexpr std::uint8_t kDiscontinuity = 0x80;
constexpr std::uint16_t kAssociationPid = 0;

using PacketBytes = std::array<std::uint8_t, kTsPacketBytes>;

/// ISO/IEC 13818-1, 2.4.3.3: PID 0x1FFF, payload only.
constexpr PacketBytes nullPacket() {
  PacketBytes packet{};
  packet.fill(0xff);
  packet[0] = 0x47;
  packet[1] = 0x1f;
  packet[3] = 0x10;
  return packet;
}

/// A packet of the pictures' PID without payload, whose clock and counter are to be written.
constexpr PacketBytes clockPacket() {
  PacketBytes packet{};
  packet.fill(0xff);
  packet[0] = 0x47;
  packet[1] = kPicturePid >> 8;
  packet[2] = kPicturePid & 0xff;
  packet[3] = 0x20;
  packet[4] = kTsPacketBytes - 5;
  packet[5] = 0x10;
  return packet;
}

constexpr PacketBytes kNull = nullPacket(), kClock = clockPacket();

}  // namespace

ConstantMuxer::ConstantMuxer(const EncodeSpec& spec)
    : grid_(spec.grid),
      places_(spec.grid, spec.muxBitsPerSecond),
      // A key frame with its tables takes three places.
      clockEvery_(std::max<std::int64_t>(3, places_.within(kClockEveryNs))),
      soundHeldTicks_(kSoundHeldNs / grid_.tickTime(1)),
      soundMaxTicks_(kSoundWaitMaxNs / grid_.tickTime(1)),
      portions_((grid_.tickTime(1) + kPortionNs - 1) / kPortionNs),
      packer_(spec) {}

std::int64_t ConstantMuxer::backlogNs() const {
  return places_.nsOf(pictures_.size() + sounds_.size() + tables_.size());
}

bool ConstantMuxer::goOnAt(std::int64_t tick) {
  if (!lastTick_ || *lastTick_ + 1 == tick) return false;
  countedFrom_ = tick;
  glued_ = 0;
  sounds_.dropUnits();
  return pictures_.dropUnits() > 0;
}

void ConstantMuxer::write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
                          TickBytes& into) {
  packed_.clear();
  packer_.write(tick, pictures, sounds, packed_);
  const std::int64_t oldest = sounds_.nextUntouched();
  if (oldest >= 0 && tick - oldest > soundMaxTicks_) into.soundsDropped += sounds_.dropUnits();
  sort(tick);
  into.tick = tick;
  const std::int64_t first = places_.firstOf(tick), count = places_.firstOf(tick + 1) - first;
  if (!lastTick_) {
    lastClock_ = first;
  } else if (*lastTick_ + 1 != tick) {
    // Ticks were left out: their time passed without bytes, and the line goes on behind it.
    isBroken_ = true;
    lastClock_ = first - clockEvery_;
  }
  lastTick_ = tick;
  soundAtFirst_ = sounds_.size();
  soundSent_ = 0;
  into.bytes.reserve(static_cast<std::size_t>(count) * kTsPacketBytes);
  for (std::int64_t n = 0; n < count; ++n) fill(first + n, n, count, into);
  const std::int64_t portions = std::clamp<std::int64_t>(count, 1, portions_);
  for (std::int64_t p = 0; p < portions; ++p)
    into.portions.push_back(static_cast<std::size_t>(count * p / portions) * kTsPacketBytes);
}

void ConstantMuxer::sort(std::int64_t tick) {
  const std::span<const std::uint8_t> bytes(packed_.bytes);
  const bool isKey = packed_.randomAccess.has_value();
  const bool areTablesWanted = tables_.size() < kTablesWaitMax;
  for (std::size_t at = 0; at < bytes.size(); at += kTsPacketBytes) {
    const auto packet = bytes.subspan(at, kTsPacketBytes);
    const int pid = pidOf(packet);
    if (pid == kSoundPid) {
      sounds_.push(packet, tick);
    } else if (pid == kPicturePid) {
      // Clocks by themselves are made where they are due.
      if (hasPayload(packet)) pictures_.push(packet, tick);
    } else if (isKey && pid != kNamesPid) {
      pictures_.push(packet, tick);
    } else if (areTablesWanted) {
      tables_.push(packet, tick);
    }
  }
}

void ConstantMuxer::fill(std::int64_t at, std::int64_t n, std::int64_t count, TickBytes& into) {
  if (glued_ > 0) {
    --glued_;
    sendPicture(at, into);
  } else if (isClockDue(at)) {
    // A picture that begins brings one along.
    if (const auto next = pictures_.at(0); !next.empty() && hasPcr(next)) sendPicture(at, into);
    else sendClock(at, into);
  } else if (!tables_.isEmpty() && !isKeyNext()) {
    send(tables_, into);
  } else if (!sounds_.isEmpty() && maySoundGo(into.tick, n, count)) {
    ++soundSent_;
    send(sounds_, into);
  } else if (const auto next = pictures_.at(0); !next.empty()) {
    if (isKeyNext()) {
      if (!into.randomAccess) into.randomAccess = into.bytes.size();
      glued_ = 2;
    }
    sendPicture(at, into);
  } else {
    into.bytes.insert(into.bytes.end(), kNull.begin(), kNull.end());
  }
}

bool ConstantMuxer::isKeyNext() const {
  const auto next = pictures_.at(0);
  return !next.empty() && pidOf(next) == kAssociationPid;
}

bool ConstantMuxer::isClockDue(std::int64_t at) const {
  // The clock of a key frame comes behind its tables.
  return isKeyNext() ? at + 2 - lastClock_ > clockEvery_ : at - lastClock_ >= clockEvery_;
}

bool ConstantMuxer::maySoundGo(std::int64_t tick, std::int64_t n, std::int64_t count) const {
  const std::int64_t of = sounds_.tick();
  if (tick - of >= soundHeldTicks_) return true;
  const std::int64_t picture = pictures_.nextUntouched();
  if (picture >= 0 && picture <= of) return false;
  return soundSent_ * count <= n * soundAtFirst_;
}

void ConstantMuxer::sendClock(std::int64_t at, TickBytes& into) {
  const std::size_t from = into.bytes.size();
  into.bytes.insert(into.bytes.end(), kClock.begin(), kClock.end());
  std::uint8_t* packet = into.bytes.data() + from;
  // It does not count, but repeats the counter of the packet before it (2.4.3.3).
  packet[3] = static_cast<std::uint8_t>(packet[3] | counterOf(kPicturePid));
  if (isBroken_) packet[5] |= kDiscontinuity;
  isBroken_ = false;
  lastClock_ = at;
  const auto field = pcrField(places_.pcrOf(at, kConstantDelay));
  std::copy(field.begin(), field.end(), packet + kPcrAt);
}

void ConstantMuxer::sendPicture(std::int64_t at, TickBytes& into) {
  const auto picture = pictures_.at(0);
  const std::size_t from = into.bytes.size();
  into.bytes.insert(into.bytes.end(), picture.begin(), picture.end());
  std::uint8_t* packet = into.bytes.data() + from;
  const std::int64_t tick = pictures_.tick();
  const bool isLast = pictures_.pop();
  count(packet);
  if (pidOf(picture) != kPicturePid) return;
  if (hasPcr(picture)) {
    if (isBroken_) packet[5] |= kDiscontinuity;
    isBroken_ = false;
    lastClock_ = at;
    const auto field = pcrField(places_.pcrOf(at, kConstantDelay));
    std::copy(field.begin(), field.end(), packet + kPcrAt);
  }
  if (!isLast || tick < countedFrom_) return;
  const std::int64_t time = unitsAt(tick, grid_.rateNum, grid_.rateDen, kPcrPerSecond);
  if (places_.timeOf(at + 1) > time + kConstantDelay) ++into.overdue;
}

void ConstantMuxer::send(PacketQueue& from, TickBytes& into) {
  const auto packet = from.at(0);
  const std::size_t at = into.bytes.size();
  into.bytes.insert(into.bytes.end(), packet.begin(), packet.end());
  from.pop();
  count(into.bytes.data() + at);
}

void ConstantMuxer::count(std::uint8_t* packet) {
  std::uint8_t& counter = counterOf(pidOf({packet, kTsPacketBytes}));
  counter = (counter + 1) & 15;
  packet[3] = static_cast<std::uint8_t>((packet[3] & 0xf0) | counter);
}

std::uint8_t& ConstantMuxer::counterOf(int pid) {
  switch (pid) {
    case kPicturePid:
      return counters_[0];
    case kSoundPid:
      return counters_[1];
    case kAssociationPid:
      return counters_[2];
    case kTablesPid:
      return counters_[3];
    default:
      return counters_[4];
  }
}

}  // namespace retrovue::renderer
