#pragma once
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "asset_book.h"
#include "bus_store.h"
#include "episodes.h"
#include "house_time.h"
#include "lane_end.h"
#include "layout.h"
#include "picture_pool.h"

namespace retrovue::framebus {

/// Takes submissions in from the newest lane: looks at each once, gives a verdict, and keeps those that may
/// be committed until it is their turn. Lends buffers to the lane and takes them back. Allocates nothing but
/// at `open`.
class LaneIntake {
 public:
  LaneIntake(const Layout& layout, const HouseGrid& grid, std::uint32_t directReferences, BusStore& store,
             PicturePool& pool, AssetBook& assets, Episodes& episodes);

  /// The newest lane, from now on the only one.
  void open(std::unique_ptr<LaneEnd> lane);
  /// The lane may borrow and submit no more; what waits for its turn is dropped. Its buffers stay out until
  /// `reclaim`.
  void drop(std::uint32_t state);
  /// Lanes that were dropped: destroying them gives their memory back. For whoever knows that no thread waits
  /// on one any more.
  std::vector<std::unique_ptr<LaneEnd>> takeDropped();
  bool hasDropped() const { return !dropped_.empty(); }
  LaneEnd* lane() const { return lane_.get(); }

  /// Looks at what is new, a ring's worth at most. `next` is the tick that is committed next (-1: not
  /// started), ticks beyond `leadThrough` are too far.
  void look(std::int64_t next, std::int64_t leadThrough);
  /// The submission whose turn comes next; null if there is none.
  const rvfb_submission_head* front();
  /// The front's slot, but for what the house grid says of its tick. `ancillary` has room for a whole area.
  rvfb_slot slotOfFront(std::uint64_t* ancillary);
  /// The front's sound, one run of samples per channel; null for silence.
  const float* const* soundOfFront();
  void consumeFront();
  void refuse(std::int64_t tick, std::uint32_t why);

  /// Takes back what the worker released, and gives it buffers up to what it should have at hand.
  void exchangeBuffers();
  void notify();

 private:
  struct Pending {
    rvfb_submission_head head{};
    bool accepted = false;
  };
  /// What the lane last said of its asset; the texts are copies.
  struct LaneAsset {
    std::uint64_t key = 0;
    AssetPlace place{};
    std::string uri;
    std::string title;
  };

  Pending& pendingAt(std::uint64_t position) { return pending_[position & (pending_.size() - 1)]; }
  void dropPending(std::uint64_t from, std::uint64_t to);
  std::uint32_t objectionTo(const rvfb_submission_head& head, std::int64_t next,
                            std::int64_t leadThrough) const;
  bool showsWholePicture(const rvfb_submission_head& head) const;
  void giveBack(std::uint64_t upTo);
  AssetPlace assetOf(const rvfb_submission_head& head, std::uint64_t position);

  const rvfb_format format_;
  const HouseGrid grid_;
  const std::uint32_t buffersAtHand_;
  BusStore& store_;
  PicturePool& pool_;
  Episodes& episodes_;
  AssetBook& assets_;
  std::unique_ptr<LaneEnd> lane_;
  std::vector<std::unique_ptr<LaneEnd>> dropped_;
  std::vector<Pending> pending_;
  std::int64_t lastSubmitted_ = -1;
  LaneAsset laneAsset_;
  std::vector<const float*> channels_;
};

/// True for slate and black.
inline bool isReserved(std::uint32_t buffer) {
  return buffer == RVFB_BUFFER_SLATE || buffer == RVFB_BUFFER_BLACK;
}

}  // namespace retrovue::framebus
