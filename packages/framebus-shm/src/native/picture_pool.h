#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace retrovue::framebus {

/// Who has each picture buffer: the committer's private book, never in shared memory. A buffer is free when
/// no readable slot refers to it and no lane has it (rule 4). Allocates at construction only.
class PicturePool {
 public:
  explicit PicturePool(std::uint32_t buffers);

  /// Takes the buffer that has been free longest, so that views which readers still hold live as long as they
  /// can.
  std::optional<std::uint32_t> lend(std::uint32_t lane);
  bool isLentTo(std::uint32_t buffer, std::uint32_t lane) const;
  /// False where the buffer is not that lane's: the lane is lying.
  bool giveBack(std::uint32_t buffer, std::uint32_t lane);
  /// Takes back all that a dead lane had.
  void reclaim(std::uint32_t lane);

  /// One more, or one fewer, readable slot shows the buffer.
  void refer(std::uint32_t buffer);
  void unrefer(std::uint32_t buffer);

  std::uint32_t freeCount() const { return freeCount_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(buffers_.size()); }

 private:
  struct Buffer {
    std::uint32_t slots = 0;
    std::uint32_t lane = 0;
  };
  void freeIfUnused(std::uint32_t buffer);

  std::vector<Buffer> buffers_;
  std::vector<std::uint32_t> free_;  // A ring.
  std::uint32_t freeHead_ = 0;
  std::uint32_t freeCount_ = 0;
};

}  // namespace retrovue::framebus
