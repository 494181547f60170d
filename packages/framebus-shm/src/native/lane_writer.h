#pragma once
#include <retrovue/expected.h>
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "page_toucher.h"
#include "shared_object.h"

namespace retrovue::framebus {

/// The worker's end of a lane. One thread borrows, submits and gives back; another may `wait` meanwhile.
class LaneWriter {
 public:
  /// What became of the lane, as far as its engine said so.
  enum class State { open, superseded, closed };

  /// Opens the lane at `lanePath` of the bus whose control object is at `controlPath`, and takes its name
  /// away. `BusStale` where there is none any more.
  static Expected<std::unique_ptr<LaneWriter>> open(const std::string& controlPath,
                                                    const std::string& lanePath, std::uint32_t lane);

  /// A buffer to fill, or nothing: then `wantBuffer` says that one is waited for.
  std::optional<std::uint32_t> loan();
  void wantBuffer(bool wanted);
  /// Where the next submission may be put together: head, ancillary, text and sound. Null where the lane is
  /// full.
  std::byte* place();
  float* sound(std::byte* place, std::uint32_t channel) const;
  /// Hands over what is at `place()`. Without `wake` the committer finds it when it looks the next time, at
  /// its next deadline at the latest.
  void submit(bool wake = true);
  /// Has the committer look now.
  void wake();
  /// No later submission names the buffer. `wake`: somebody waits for one.
  void release(std::uint32_t buffer, bool wake);
  bool hasRefusals() const;
  std::optional<rvfb_refusal> nextRefusal();

  State state() const;
  /// False once the engine is gone without a word. Asks the system; from the waiting thread too.
  bool engineLives() const;
  std::int64_t head() const;
  /// Waits until the committer has something to tell, or CLOCK_MONOTONIC reaches `mono`. The only method for
  /// another thread; returns at once where anything came since `seen` was read.
  void wait(std::uint32_t seen, std::int64_t mono) const;
  std::uint32_t word() const;
  /// Ends a `wait`, from any thread of this process.
  void interrupt();

  const rvfb_header& header() const { return *reinterpret_cast<const rvfb_header*>(control_->at()); }
  const rvfb_lane& shape() const { return shape_; }
  const std::shared_ptr<Mapping>& pictures() const { return pictures_; }

 private:
  LaneWriter() = default;

  FileDescriptor controlFd_;
  std::shared_ptr<Mapping> control_;
  std::shared_ptr<Mapping> pictures_;
  PageToucher toucher_;
  std::shared_ptr<Mapping> memory_;
  rvfb_lane shape_{};
  rvfb_lane* lane_ = nullptr;
  std::uint64_t submissionTail_ = 0;
  std::uint64_t releaseTail_ = 0;
  std::uint64_t freeHead_ = 0;
  std::uint64_t refusalHead_ = 0;
};

}  // namespace retrovue::framebus
