#include <retrovue/libav/kept_scans.h>

#include <algorithm>

namespace retrovue::libav {

namespace {

/// A channel's segment, its next one and their understudies, for some channels of a process.
constexpr std::size_t sharedScansMax = 32;
/// An hour of pictures with a key picture every half second, and its sound, is 0.7 MB: two days in all.
constexpr std::size_t sharedBytesMax = std::size_t{32} << 20;

std::size_t bytesOf(const PacketScan& scan) {
  return sizeof(PacketScan) + (scan.pictures.size() + scan.sounds.size()) * sizeof(IndexEntry);
}

}  // namespace

KeptScans& KeptScans::shared() {
  static KeptScans scans(sharedScansMax, sharedBytesMax);
  return scans;
}

bool KeptScans::bringForward(const FileIdentity& file, const StreamChoice& streams) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& it) { return it.file == file && it.streams == streams; });
  if (found == kept_.end()) return false;
  kept_.splice(kept_.begin(), kept_, found);
  return true;
}

std::shared_ptr<const PacketScan> KeptScans::find(const FileIdentity& file, const StreamChoice& streams) {
  const std::scoped_lock lock(mutex_);
  return bringForward(file, streams) ? kept_.front().scan : nullptr;
}

void KeptScans::keep(const FileIdentity& file, const StreamChoice& streams, const PacketScan& scan) {
  if (bytesOf(scan) > bytesMax_) return;
  auto copy = std::make_shared<const PacketScan>(scan);
  const std::scoped_lock lock(mutex_);
  if (bringForward(file, streams)) {
    auto& before = kept_.front().scan;
    if (before->packets >= scan.packets && before->ended >= scan.ended) return;
    bytes_ -= bytesOf(*before);
    before = std::move(copy);
  } else {
    kept_.push_front({file, streams, std::move(copy)});
  }
  bytes_ += bytesOf(scan);
  while (kept_.size() > scansMax_ || bytes_ > bytesMax_) {
    bytes_ -= bytesOf(*kept_.back().scan);
    kept_.pop_back();
  }
}

std::size_t KeptScans::bytes() {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace retrovue::libav
