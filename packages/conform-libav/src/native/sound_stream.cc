#include "sound_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include "finite_samples.h"

namespace retrovue::conform {
namespace {

constexpr int channelsMax = 64;
constexpr int rateMax = 768'000;

/// Up to 7.1 a number of channels says what they are.
constexpr int guessedMax = 8;

/// Taps of the resampler's filter at equal rates. libswresample's own 32 leave a tone at 15 kHz 75 dB above its images;
/// 64 with this window reach the 90 dB asked for with some to spare.
constexpr int filterTaps = 64;
constexpr int kaiserBeta = 11;
/// libswresample rounds its filter up to whole vectors of samples and keeps one back.
constexpr int filterSlack = 8;
/// Of the lower rate's half: what is kept. Narrows the transition that the taps must make.
constexpr double cutoff = 0.95;

/// Of a house sample: what fractions that add up in doubles may be off by. Far more than they are.
constexpr double roundingError = 1e-9;

/// Owns what av_channel_layout_* allocates.
struct Layout {
  AVChannelLayout value{};
  Layout() = default;
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  ~Layout() { av_channel_layout_uninit(&value); }
};

/// False where nobody knows what channels of this number would be.
bool find(Layout& layout, const std::string& name, int channels) {
  if (av_channel_layout_from_string(&layout.value, name.c_str()) == 0 && layout.value.nb_channels == channels &&
      layout.value.order == AV_CHANNEL_ORDER_NATIVE) {
    return true;
  }
  av_channel_layout_uninit(&layout.value);
  // libav has a ring of sixteen loudspeakers; sixteen unnamed channels are tracks of a recording.
  if (channels > guessedMax) return false;
  av_channel_layout_default(&layout.value, channels);
  return layout.value.order == AV_CHANNEL_ORDER_NATIVE;
}

Failure swrFailure(const char* operation, int status) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(status, text.data(), text.size());
  return {"UnsupportedMedia", std::string("The sound cannot be converted: ") + operation + ": " + text.data(), status};
}

}  // namespace

void SoundStream::FreeSwr::operator()(SwrContext* context) const {
  swr_free(&context);
}

SoundStream::SoundStream(const SoundSpec& spec) : spec_(spec), limiter_(spec.houseRate), store_(spec.houseChannels) {}

SoundStream::~SoundStream() = default;

Expected<std::unique_ptr<SoundStream>> SoundStream::open(const SoundSpec& spec) {
  auto conversion = conversionFor(spec);
  if (!conversion) return conversion.failure();
  std::unique_ptr<SoundStream> stream(new SoundStream(spec));
  stream->conversion_ = std::move(*conversion);
  return stream;
}

Expected<SoundStream::Conversion> SoundStream::conversionFor(const SoundSpec& spec) {
  const auto rate = [](int value) { return value >= 1 && value <= rateMax; };
  const auto count = [](int value) { return value >= 1 && value <= channelsMax; };
  if (!rate(spec.sourceRate) || !rate(spec.houseRate) || !count(spec.sourceChannels) || !count(spec.houseChannels))
    return Failure{"UnsupportedMedia", "The sound has no channels or no rate, or more than there may be"};
  Layout from, into;
  if (!find(into, "", spec.houseChannels))
    return Failure{"UnsupportedMedia", "The house has a number of channels without a layout"};
  // Channels that nobody can name (sixteen of a recording's tracks) are taken in order, as many as the house has.
  const bool named = find(from, spec.layout, spec.sourceChannels);
  if (!named && spec.sourceChannels < spec.houseChannels)
    return Failure{"UnsupportedMedia", "The sound has a number of channels without a layout"};
  AVChannelLayout& source = named ? from.value : into.value;
  const bool sameRate = spec.sourceRate == spec.houseRate;
  Conversion made;
  if (sameRate && av_channel_layout_compare(&source, &into.value) == 0) return made;
  SwrContext* context = nullptr;
  int status = swr_alloc_set_opts2(&context, &into.value, AV_SAMPLE_FMT_FLTP, spec.houseRate, &source,
                                   AV_SAMPLE_FMT_FLTP, spec.sourceRate, 0, nullptr);
  made.swr.reset(context);
  if (status < 0) return swrFailure("allocate", status);
  if (!sameRate) {
    av_opt_set_int(context, "filter_size", filterTaps, 0);
    av_opt_set_int(context, "kaiser_beta", kaiserBeta, 0);
    av_opt_set_double(context, "cutoff", cutoff, 0);
    // A phase for each position that the two rates make, so that no position is rounded.
    av_opt_set_int(context, "exact_rational", 1, 0);
    const double narrowing = std::max(1.0, spec.sourceRate / (spec.houseRate * cutoff));
    made.filterSamples = static_cast<int>(std::ceil(filterTaps * narrowing)) + filterSlack;
  }
  status = swr_init(context);
  if (status < 0) return swrFailure("open", status);
  return made;
}

Expected<void> SoundStream::changeSource(int sourceRate, int sourceChannels) {
  if (sourceRate == spec_.sourceRate && sourceChannels == spec_.sourceChannels) return {};
  if (ended_) return Failure{"WrongState", "No sound can follow its end"};
  SoundSpec spec = spec_;
  spec.sourceRate = sourceRate;
  spec.sourceChannels = sourceChannels;
  auto conversion = conversionFor(spec);
  if (!conversion) return conversion.failure();
  if (auto done = drain(); !done) return done;
  spec_ = std::move(spec);
  conversion_ = std::move(*conversion);
  pushed_ = 0;
  produced_ = 0;
  return {};
}

std::int64_t SoundStream::totalOf(std::int64_t sourceSamples) const {
  return (sourceSamples * spec_.houseRate + spec_.sourceRate - 1) / spec_.sourceRate;
}

/// So many more samples are ready.
void SoundStream::add(int samples) {
  if (samples <= 0) return;
  count_ += static_cast<std::size_t>(samples);
  produced_ += samples;
  const bool isConverted = conversion_.swr != nullptr;
  if (runs_.empty() || runs_.back().isConverted != isConverted)
    runs_.push_back({samples, isConverted});
  else
    runs_.back().samples += samples;
}

void SoundStream::makeRoom(std::size_t samples) {
  // What was pulled is moved out of the way once it is at least as much as what would have to be moved.
  if (head_ > 0 && head_ >= count_ - head_) {
    for (auto& channel : store_) std::copy(channel.begin() + head_, channel.begin() + count_, channel.begin());
    count_ -= head_;
    head_ = 0;
  }
  const std::size_t wanted = count_ + samples;
  if (store_.front().size() >= wanted) return;
  for (auto& channel : store_) channel.resize(std::max(wanted, channel.size() * 2));
}

Expected<void> SoundStream::convert(const float* const* channels, int samples) {
  const int room = swr_get_out_samples(conversion_.swr.get(), samples);
  if (room < 0) return swrFailure("measure", room);
  makeRoom(static_cast<std::size_t>(room));
  std::array<std::uint8_t*, channelsMax> into{};
  for (std::size_t i = 0; i < store_.size(); ++i) into[i] = reinterpret_cast<std::uint8_t*>(store_[i].data() + count_);
  std::array<const std::uint8_t*, channelsMax> from{};
  for (int i = 0; channels != nullptr && i < spec_.sourceChannels; ++i)
    from[i] = reinterpret_cast<const std::uint8_t*>(channels[i]);
  const int made = swr_convert(conversion_.swr.get(), into.data(), room, channels == nullptr ? nullptr : from.data(), samples);
  if (made < 0) return swrFailure("convert", made);
  add(made);
  return {};
}

/// The channels as the resampler may have them: what is no number would stay in its memory for all that follows.
const float* const* SoundStream::mended(const float* const* channels, std::size_t samples) {
  const int count = spec_.sourceChannels;
  if (std::all_of(channels, channels + count, [=](const float* it) { return areSound(it, samples, loudestSample); }))
    return channels;
  mended_.resize(samples * static_cast<std::size_t>(count));
  mendedChannels_.clear();
  for (int i = 0; i < count; ++i) {
    float* into = mended_.data() + samples * static_cast<std::size_t>(i);
    std::memcpy(into, channels[i], samples * sizeof(float));
    mendSamples(into, samples, loudestSample);
    mendedChannels_.push_back(into);
  }
  return mendedChannels_.data();
}

Expected<void> SoundStream::push(const float* const* channels, int samples) {
  if (samples <= 0) return {};
  if (ended_) return Failure{"WrongState", "No sound can follow its end"};
  pushed_ += samples;
  const auto length = static_cast<std::size_t>(samples);
  if (conversion_.swr) return convert(mended(channels, length), samples);
  makeRoom(length);
  for (std::size_t i = 0; i < store_.size(); ++i) {
    std::memcpy(store_[i].data() + count_, channels[i], length * sizeof(float));
    mendSamples(store_[i].data() + count_, length, std::numeric_limits<float>::max());
  }
  add(samples);
  return {};
}

Expected<void> SoundStream::end() {
  if (ended_) return {};
  ended_ = true;
  return drain();
}

Expected<void> SoundStream::drain() {
  if (!conversion_.swr) return {};
  for (std::int64_t before = -1; produced_ != before;) {
    before = produced_;
    if (auto done = convert(nullptr, 0); !done) return done;
  }
  const std::int64_t scaled = pushed_ * spec_.houseRate;
  const std::int64_t whole = scaled / spec_.sourceRate;
  // Behind the whole samples: what is left of the last one, less what came too early. Both are below 1.
  const double rest = static_cast<double>(scaled % spec_.sourceRate) / spec_.sourceRate - over_;
  const std::int64_t total = whole + (rest > roundingError ? 1 : 0);
  over_ = std::max(0.0, static_cast<double>(total - whole) - rest);
  const std::int64_t missing = total - produced_;
  if (missing > 0) {
    makeRoom(static_cast<std::size_t>(missing));
    for (auto& channel : store_)
      std::fill_n(channel.begin() + static_cast<std::ptrdiff_t>(count_), static_cast<std::size_t>(missing), 0.0F);
    add(static_cast<int>(missing));
  } else if (missing < 0 && !runs_.empty()) {
    const int surplus = static_cast<int>(std::min<std::int64_t>(-missing, runs_.back().samples));
    count_ -= static_cast<std::size_t>(surplus);
    produced_ -= surplus;
    runs_.back().samples -= surplus;
    if (runs_.back().samples == 0) runs_.pop_back();
  }
  return {};
}

std::int64_t SoundStream::debt(std::int64_t samples) const {
  const std::int64_t missing = samples - available();
  if (missing <= 0) return 0;
  if (ended_ || spec_.sourceRate == spec_.houseRate) return missing;
  // Source samples that the last wanted one rests on, less those that came, as house samples.
  const std::int64_t last = produced_ + missing;
  const std::int64_t needed =
      (last * spec_.sourceRate + spec_.houseRate - 1) / spec_.houseRate + conversion_.filterSamples - pushed_;
  return std::max(missing, totalOf(std::max<std::int64_t>(needed, 0)));
}

void SoundStream::pull(float* const* into, int samples, double gainDb, double rampFrom, double rampTo) {
  if (samples <= 0) return;
  const int channels = spec_.houseChannels;
  const auto gain = static_cast<float>(gainDb == 0 ? 1 : std::pow(10.0, gainDb / 20));
  for (int done = 0; done < samples;) {
    Run& run = runs_.front();
    const int count = std::min(samples - done, run.samples);
    std::array<const float*, channelsMax> from{};
    std::array<float*, channelsMax> to{};
    for (std::size_t i = 0; i < store_.size(); ++i) {
      from[i] = store_[i].data() + head_;
      to[i] = into[i] + done;
    }
    if (run.isConverted || gainDb != 0) {
      // Without a gain the house's own samples that come next are nothing that could be turned down for.
      const std::int64_t seen = gainDb == 0 ? run.samples : available();
      const int known = static_cast<int>(std::min<std::int64_t>(seen, count + limiter_.lookAhead()));
      limiter_.process(from.data(), to.data(), channels, count, known, gain);
    } else {
      for (int i = 0; i < channels; ++i) std::memcpy(to[i], from[i], static_cast<std::size_t>(count) * sizeof(float));
    }
    head_ += static_cast<std::size_t>(count);
    done += count;
    run.samples -= count;
    if (run.samples == 0) runs_.erase(runs_.begin());
  }
  if (rampFrom != 1 || rampTo != 1) {
    const double step = (rampTo - rampFrom) / samples;
    for (int channel = 0; channel < channels; ++channel)
      for (int i = 0; i < samples; ++i) into[channel][i] = static_cast<float>(into[channel][i] * (rampFrom + step * i));
  }
}

}  // namespace retrovue::conform
