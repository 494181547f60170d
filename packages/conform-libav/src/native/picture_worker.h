#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "picture_converter.h"
#include "retrovue/expected.h"
#include "retrovue/owner_thread.h"

namespace retrovue::conform {

/// Bytes of each plane of a borrowed picture, to check what is lent before it is touched.
using PlaneBytes = std::array<std::size_t, 4>;

/// True if every row of a picture of this format and size lies within its planes and no rows overlap.
bool holds(PixelFormat format, int width, int height, const std::array<std::size_t, 4>& strides, const PlaneBytes& bytes);

/// The threads that convert a channel's pictures. Pictures of one format are converted by one thread in the order that
/// they came, so that deinterlacing sees neighbours in order; formats are spread over the threads.
///
/// All methods are called from one thread (JavaScript's); completions come on a worker's, or on the caller's from `stop`.
class PictureWorker {
 public:
  using Done = std::function<void(Expected<void>)>;
  using Cancelled = std::shared_ptr<std::atomic<bool>>;

  explicit PictureWorker(int threads);
  ~PictureWorker() { stop(); }

  /// Takes a recipe in and names it. Its scaler and memory are made at the first picture.
  Expected<std::uint32_t> add(const Recipe& recipe);
  /// Frees a recipe once its last picture is done.
  void forget(std::uint32_t id);
  /// Null where there is none of this name.
  const Recipe* recipe(std::uint32_t id) const;

  /// Queues a picture. The memory belongs to the worker until `done` was called, which is exactly once; or not at all
  /// where this refuses: `QueueFull`, `Closed`, `InvalidArgument`.
  Expected<void> convert(std::uint32_t id, const PictureIn& from, const PictureOut& into, const Treatment& how,
                         Cancelled cancelled, Done done);

  /// Waits for the pictures under way; those that wait get `Closed`. Idempotent.
  void stop();

 private:
  struct Entry {
    explicit Entry(const Recipe& made) : recipe(made), converter(made) {}
    const Recipe recipe;
    PictureConverter converter;
    std::size_t thread = 0;
  };

  std::vector<std::unique_ptr<OwnerThread>> threads_;
  std::unordered_map<std::uint32_t, std::shared_ptr<Entry>> entries_;
  std::uint32_t next_ = 1;
  bool stopped_ = false;
};

}  // namespace retrovue::conform
