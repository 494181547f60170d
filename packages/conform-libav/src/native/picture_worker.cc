#include "picture_worker.h"

#include <utility>

namespace retrovue::conform {
namespace {

/// Pictures that may wait on one thread. A channel has as many in flight as it has buffers on loan: a few dozen at most.
constexpr std::size_t waitingMax = 256;

}  // namespace

bool holds(PixelFormat format, int width, int height, const std::array<std::size_t, 4>& strides,
           const PlaneBytes& bytes) {
  const PixelLayout& layout = layoutOf(format);
  for (int plane = 0; plane < layout.planes; ++plane) {
    const std::size_t row = rowBytes(layout, plane, width);
    const auto rows = static_cast<std::size_t>(rowsOf(layout, plane, height));
    // A stride of more than the plane holds cannot be right and would overflow the product.
    if (strides[plane] < row || (rows > 1 && strides[plane] > bytes[plane])) return false;
    if ((rows - 1) * strides[plane] + row > bytes[plane]) return false;
  }
  return true;
}

PictureWorker::PictureWorker(int threads) {
  for (int i = 0; i < threads; ++i) threads_.push_back(std::make_unique<OwnerThread>(waitingMax));
}

Expected<std::uint32_t> PictureWorker::add(const Recipe& recipe) {
  if (stopped_) return Failure{"Closed", "The conformer was disposed"};
  if (auto good = PictureConverter::check(recipe); !good) return good.failure();
  const std::uint32_t id = next_++;
  auto entry = std::make_shared<Entry>(recipe);
  entry->thread = id % threads_.size();
  entries_.emplace(id, std::move(entry));
  return id;
}

void PictureWorker::forget(std::uint32_t id) {
  entries_.erase(id);
}

const Recipe* PictureWorker::recipe(std::uint32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second->recipe;
}

Expected<void> PictureWorker::convert(std::uint32_t id, const PictureIn& from, const PictureOut& into,
                                      const Treatment& how, Cancelled cancelled, Done done) {
  if (stopped_) return Failure{"Closed", "The conformer was disposed"};
  const auto found = entries_.find(id);
  if (found == entries_.end()) return Failure{"InvalidArgument", "There is no recipe of this name"};
  const auto entry = found->second;
  auto work = [entry, from, into, how, cancelled = std::move(cancelled), done = std::move(done)](bool run) {
    done(run ? entry->converter.convert(from, into, how, *cancelled)
             : Expected<void>(Failure{"Closed", "The conformer was disposed"}));
  };
  if (threads_[entry->thread]->post(std::move(work))) return {};
  return Failure{"QueueFull", "Too many pictures wait to be conformed"};
}

void PictureWorker::stop() {
  stopped_ = true;
  for (auto& thread : threads_) thread->stop();
  entries_.clear();
}

}  // namespace retrovue::conform
