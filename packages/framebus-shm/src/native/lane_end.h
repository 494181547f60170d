#pragma once
#include <retrovue/expected.h>
#include <retrovue/frame_bus.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared_object.h"

namespace retrovue::framebus {

/// The committer's end of a lane. **Nothing in the lane is trusted**: the worker decodes hostile files and
/// may store anything anywhere in it at any time. So the lane's shape is a private copy, every value is
/// copied once and then bounded, positions are the committer's own, and what a wild store can reach is what
/// this lane hands over.
///
/// Used under the committer's lock; but for `committerWord`, which may be waited on without.
class LaneEnd {
 public:
  enum class Next { none, one, broken };

  static Expected<std::unique_ptr<LaneEnd>> make(const std::string& directory, const std::string& path,
                                                 const rvfb_lane& shape, const std::uint8_t (&runId)[16],
                                                 std::uint32_t number);

  std::uint32_t number() const { return shape_.lane; }
  const std::string& path() const { return path_; }

  /// Copies the head of the next submission not yet looked at. `broken`: the worker's position makes no
  /// sense; all that was pending is dropped and the next sane position is taken up.
  Next look(rvfb_submission_head& into);
  /// One past the submission looked at last, and past the last one consumed.
  std::uint64_t looked() const { return looked_; }
  std::uint64_t consumed() const { return consumed_; }
  std::uint32_t capacity() const { return shape_.submission_count; }
  /// Gives the submission's place back to the worker.
  void consume();

  /// Parts of the submission at `position`; still shared memory, so each byte is read once. Lengths are
  /// bounded here.
  std::uint32_t copyAncillary(std::uint64_t position, std::uint32_t bytes, std::uint64_t* words) const;
  const char* uri(std::uint64_t position) const;
  const char* title(std::uint64_t position) const;
  const float* sound(std::uint64_t position, std::uint32_t channel) const;

  /// The next release that came after submission `upTo` - 1 and before submission `upTo`.
  bool nextRelease(std::uint64_t upTo, std::uint32_t& buffer);
  void refuse(std::int64_t tick, std::uint32_t why);
  /// Hands a buffer over (rule 4). The ring has a place for every buffer of the pool.
  void lend(std::uint32_t buffer, std::uint64_t generation);
  /// Takes back what was lent and not taken up: the next such buffer, or nothing.
  std::optional<std::uint32_t> withdraw();
  /// Buffers lent that the worker has not taken up, as it says.
  std::uint32_t waiting() const;

  /// Tells the worker that something changed; wakes it if it waits.
  void notify();
  void setState(std::uint32_t state);
  /// True once the worker has cut the lane short.
  bool isCut() const { return object_.mapping()->isCut(); }
  /// Takes the name away, where the worker has not.
  void unlink() { object_.unlink(); }

  const std::uint32_t* committerWord() const { return &lane_->committer_word; }
  /// Raises the word on which the committer waits and wakes it.
  void kick();

 private:
  LaneEnd(SharedObject object, const rvfb_lane& shape, std::string path);
  std::byte* submission(std::uint64_t position) const;
  rvfb_free_buffer* freePlace(std::uint64_t position) const;

  SharedObject object_;
  rvfb_lane shape_;
  std::string path_;
  rvfb_lane* lane_;
  std::uint64_t looked_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t releaseHead_ = 0;
  std::uint64_t freeTail_ = 0;
  std::uint64_t withdrawn_ = 0;         // Looked at by `withdraw`, counted back from the tail.
  std::vector<std::uint32_t> offered_;  // Which buffer each place of the ring holds: our own note.
  std::uint64_t refusalTail_ = 0;
  bool unnotified_ = false;
};

}  // namespace retrovue::framebus
