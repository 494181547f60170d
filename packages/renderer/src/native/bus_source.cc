#include "bus_source.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace retrovue::renderer {
namespace {

/// Between two looks for a bus that is not there.
constexpr std::int64_t kReopenNs = 20'000'000;

/// libav's name of the bus's number; empty for one that is not known.
std::string_view nameOf(std::uint32_t pixelFormat) {
  switch (pixelFormat) {
    case RVFB_YUV420P: return "yuv420p";
    case RVFB_YUV422P: return "yuv422p";
    case RVFB_YUV444P: return "yuv444p";
    case RVFB_YUV420P10LE: return "yuv420p10le";
    case RVFB_YUV422P10LE: return "yuv422p10le";
    case RVFB_YUV444P10LE: return "yuv444p10le";
    case RVFB_YUV420P12LE: return "yuv420p12le";
    case RVFB_YUV422P12LE: return "yuv422p12le";
    case RVFB_YUV444P12LE: return "yuv444p12le";
    case RVFB_NV12: return "nv12";
    case RVFB_P010LE: return "p010le";
    case RVFB_GRAY: return "gray";
    case RVFB_GRAY10LE: return "gray10le";
    case RVFB_RGB24: return "rgb24";
    case RVFB_RGBA: return "rgba";
    case RVFB_GBRP: return "gbrp";
    default: return {};
  }
}

}  // namespace

BusSource::BusSource(std::string path, std::string name, const EncodeSpec& spec, HouseClock& clock)
    : path_(std::move(path)), name_(std::move(name)), spec_(spec), clock_(clock) {}

BusSource::~BusSource() = default;

Take BusSource::open(std::int64_t waitNs) {
  rvfb_reader* opened = nullptr;
  const rvfb_status status = rvfb_reader_open(path_.c_str(), name_.c_str(), &opened);
  if (status != RVFB_OK) {
    clock_.waitFor(std::min(waitNs, kReopenNs), [this] { return stopping_.load(); });
    // Whatever it is (no bus yet, one being replaced, another version's while an upgrade runs), it may pass.
    return stopping_.load() ? Take::ended : Take::notYet;
  }
  const rvfb_format& format = rvfb_reader_header(opened)->format;
  {
    const std::scoped_lock lock(mutex_);
    reader_.reset(opened);
  }
  if (!fits(format)) return Take::incompatible;
  opens_.fetch_add(1, std::memory_order_relaxed);
  sound_.assign(format.channels, std::vector<float>(rvfb_reader_header(opened)->audio_samples));
  return stopping_.load() ? Take::ended : Take::taken;
}

bool BusSource::fits(const rvfb_format& format) const {
  const HouseGrid& grid = spec_.grid;
  return format.width == static_cast<std::uint32_t>(spec_.width) &&
         format.height == static_cast<std::uint32_t>(spec_.height) && nameOf(format.pixel_format) == spec_.pixelFormat &&
         format.rate_num == grid.rateNum &&
         format.rate_den == grid.rateDen && format.sample_rate == grid.sampleRate &&
         format.channels == static_cast<std::uint32_t>(spec_.channels);
}

std::int64_t BusSource::onAir() {
  const std::int64_t head = rvfb_reader_head(reader_.get());
  if (head < 0) return 0;
  const std::int64_t aired = spec_.grid.tickAtOrBefore(clock_.now());
  return std::clamp(aired, std::min(rvfb_reader_oldest(reader_.get()), head), head);
}

Take BusSource::take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) {
  if (stopping_.load()) return Take::ended;
  if (reader_ == nullptr) {
    const Take opened = open(waitNs);
    if (opened != Take::taken) return opened;
  }
  const std::int64_t wanted = tick == kOnAir ? onAir() : tick;
  switch (rvfb_reader_wait(reader_.get(), wanted, waitNs)) {
    case RVFB_OK:
      return read(tick == kOnAir ? onAir() : tick, into);
    case RVFB_STALE:
      return lost();
    case RVFB_INTERRUPTED:
      return stopping_.load() ? Take::ended : Take::notYet;
    default:
      return Take::notYet;
  }
}

Take BusSource::read(std::int64_t tick, TakenTick& into) {
  switch (rvfb_reader_read(reader_.get(), tick, &frame_)) {
    case RVFB_OK:
      break;
    case RVFB_NOT_YET:
      return Take::notYet;
    case RVFB_OVERRUN:
      rvfb_reader_show(reader_.get(), tick, ++overruns_);
      return Take::overrun;
    default:
      return lost();
  }
  const rvfb_header* header = rvfb_reader_header(reader_.get());
  into.tick = tick;
  for (std::size_t p = 0; p < into.planes.size(); ++p) {
    into.planes[p] = frame_.planes[p];
    into.strides[p] = p < header->format.plane_count ? header->format.plane_stride[p] : 0;
  }
  std::array<float*, 8> channels{};
  for (std::size_t c = 0; c < sound_.size(); ++c) channels[c] = sound_[c].data();
  into.soundIntact = rvfb_reader_sound(reader_.get(), &frame_.slot, channels.data(),
                                       static_cast<std::uint32_t>(sound_.size())) != 0;
  std::copy(channels.begin(), channels.end(), into.sound.begin());
  into.sampleStart = static_cast<std::int64_t>(frame_.slot.sample_start);
  into.samples = frame_.slot.sample_count;
  rvfb_reader_show(reader_.get(), tick, overruns_);
  return Take::taken;
}

Take BusSource::lost() {
  const std::scoped_lock lock(mutex_);
  reader_.reset();
  return Take::replaced;
}

bool BusSource::release(const TakenTick&) {
  return reader_ == nullptr || rvfb_reader_intact(reader_.get(), &frame_.slot) != 0;
}

std::int64_t BusSource::oldest() {
  return reader_ == nullptr ? 0 : rvfb_reader_oldest(reader_.get());
}

void BusSource::stop() {
  stopping_.store(true);
  clock_.wake();
  const std::scoped_lock lock(mutex_);
  if (reader_ != nullptr) rvfb_reader_interrupt(reader_.get());
}

}  // namespace retrovue::renderer
