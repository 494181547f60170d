#include "sound_stream.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "retrovue/test/runner.h"

using namespace retrovue::conform;

namespace {

using Sound = std::vector<std::vector<float>>;

std::unique_ptr<SoundStream> open(int rate, int channels, const char* layout, int house = 48'000, int houseChannels = 2) {
  auto opened = SoundStream::open({rate, channels, layout, house, houseChannels});
  REQUIRE(opened);
  return std::move(*opened);
}

void push(SoundStream& stream, const Sound& sound, std::size_t at, std::size_t samples) {
  std::vector<const float*> pointers;
  for (const auto& channel : sound) pointers.push_back(channel.data() + at);
  CHECK(stream.push(pointers.data(), static_cast<int>(samples)));
}

Sound pull(SoundStream& stream, int samples, double gainDb = 0, double from = 1, double to = 1) {
  Sound into(static_cast<std::size_t>(stream.channels()), std::vector<float>(static_cast<std::size_t>(samples)));
  std::vector<float*> pointers;
  for (auto& channel : into) pointers.push_back(channel.data());
  stream.pull(pointers.data(), samples, gainDb, from, to);
  return into;
}

Sound through(SoundStream& stream, const Sound& sound, std::size_t portion = 1'000) {
  Sound whole(static_cast<std::size_t>(stream.channels()));
  const auto take = [&] {
    const Sound part = pull(stream, static_cast<int>(stream.available()));
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i].insert(whole[i].end(), part[i].begin(), part[i].end());
  };
  for (std::size_t at = 0; at < sound[0].size(); at += portion) {
    push(stream, sound, at, std::min(portion, sound[0].size() - at));
    take();
  }
  CHECK(stream.end());
  take();
  return whole;
}

std::vector<float> tone(double hertz, int rate, std::size_t samples, double level = 0.5) {
  std::vector<float> made(samples);
  for (std::size_t i = 0; i < samples; ++i)
    made[i] = static_cast<float>(level * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  return made;
}

/// Of a tone that should be there exactly as made at the house rate: the ratio to all that differs, in decibels. Phase
/// counts: a tone that is late by a hundredth of a sample fails.
double signalToNoise(const std::vector<float>& got, double hertz, int rate, double level = 0.5) {
  double signal = 0, noise = 0;
  const std::size_t margin = 400;
  for (std::size_t i = margin; i + margin < got.size(); ++i) {
    const double expected = level * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate);
    signal += expected * expected;
    noise += (got[i] - expected) * (got[i] - expected);
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace

TEST("sound/tones-come-through-above-90-decibels-and-in-their-place") {
  for (const int rate : {8'000, 11'025, 16'000, 22'050, 32'000, 44'100, 88'200, 96'000, 192'000}) {
    for (const double hertz : {440.0, 997.0, 3'000.0, 10'000.0, 15'000.0}) {
      if (hertz > 0.40 * std::min(rate, 48'000)) continue;
      auto stream = open(rate, 1, "mono", 48'000, 1);
      const auto out = through(*stream, {tone(hertz, rate, static_cast<std::size_t>(rate))});
      CHECK_EQ(out[0].size(), 48'000u);
      const double decibels = signalToNoise(out[0], hertz, 48'000);
      if (decibels < 100) std::printf("%d Hz, tone of %.0f Hz: %.1f dB\n", rate, hertz, decibels);
      CHECK(decibels > 90);
    }
  }
}

TEST("sound/tones-above-the-house-rate-do-not-fold-back") {
  for (const int rate : {96'000, 192'000}) {
    auto stream = open(rate, 1, "mono", 48'000, 1);
    const auto out = through(*stream, {tone(30'000, rate, static_cast<std::size_t>(rate))});
    double sum = 0;
    for (std::size_t i = 400; i + 400 < out[0].size(); ++i) sum += out[0][i] * out[0][i];
    CHECK(10 * std::log10(sum / static_cast<double>(out[0].size()) / 0.125) < -90);
  }
}

TEST("sound/counts-are-exact-for-every-rate-and-length") {
  for (const int rate : {8'000, 11'025, 22'050, 32'000, 44'100, 47'999, 48'000, 96'000, 192'000}) {
    for (const std::size_t samples : {std::size_t{1}, std::size_t{10}, std::size_t{100}, std::size_t{4'097}, std::size_t{50'001}}) {
      auto stream = open(rate, 2, "stereo");
      const auto out = through(*stream, Sound(2, tone(300, rate, samples)), 777);
      const std::size_t exact = (samples * 48'000 + rate - 1) / rate;
      CHECK_EQ(out[0].size(), exact);
      CHECK_EQ(stream->available(), 0);
    }
  }
}

TEST("sound/a-sound-of-one-level-keeps-it-from-the-first-sample-to-the-last") {
  auto stream = open(44'100, 1, "mono", 48'000, 1);
  const auto out = through(*stream, {std::vector<float>(44'100, 0.25F)});
  for (const float value : out[0]) CHECK(std::fabs(value - 0.25F) < 1e-3F);
}

TEST("sound/debt-suffices-and-does-not-pile-up") {
  for (const int rate : {8'000, 22'050, 32'000, 44'100, 48'000, 96'000, 192'000}) {
    auto stream = open(rate, 1, "mono");
    const Sound source{tone(300, rate, static_cast<std::size_t>(rate) * 8)};
    std::size_t at = 0;
    for (int round = 0; round < 200; ++round) {
      const int wanted = round % 7 == 0 ? 1 : round % 3 == 0 ? 1'601 : 1'602;
      const std::int64_t owed = stream->debt(wanted);
      CHECK(owed >= wanted - stream->available());
      const std::size_t samples = static_cast<std::size_t>((owed * rate + 47'999) / 48'000);
      push(*stream, source, at, samples);
      at += samples;
      CHECK_EQ(stream->debt(wanted), 0);
      CHECK(stream->available() >= wanted);
      pull(*stream, wanted);
      CHECK(stream->available() < 2'000);
    }
  }
}

TEST("sound/the-house's-own-sound-is-bit-exact-at-zero-decibels") {
  auto stream = open(48'000, 2, "stereo");
  Sound source(2, std::vector<float>(20'000));
  for (std::size_t i = 0; i < 20'000; ++i) {
    // All bit patterns that are numbers are as good as any; above full scale too.
    source[0][i] = static_cast<float>(i) * 1.7e-4F - 1.3F;
    source[1][i] = std::ldexp(1.0F, -static_cast<int>(i % 149));
  }
  const auto out = through(*stream, source, 1'111);
  for (int channel = 0; channel < 2; ++channel)
    CHECK(std::memcmp(out[channel].data(), source[channel].data(), 20'000 * sizeof(float)) == 0);
}

TEST("sound/what-is-no-number-is-silence-and-what-is-infinite-full-scale") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float endless = std::numeric_limits<float>::infinity();
  constexpr float most = std::numeric_limits<float>::max();
  auto own = open(48'000, 2, "stereo");
  const Sound strange{{nan, endless, -endless, most, -most, 0.5F, -nan}, {0.25F, 0.25F, 0.25F, 0.25F, 0.25F, 0.25F, 0.25F}};
  const auto out = through(*own, strange);
  // Numbers are bit-exact, whatever stands beside them.
  const std::vector<float> expected{0, 1, -1, most, -most, 0.5F, 0};
  CHECK(out[0] == expected);
  CHECK(out[1] == strange[1]);
}

TEST("sound/strange-samples-are-over-when-they-are-over") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float endless = std::numeric_limits<float>::infinity();
  constexpr float most = std::numeric_limits<float>::max();
  // Resampled, remixed, and neither but louder: all that computes with what it is given.
  const struct {
    int rate, channels;
    const char* layout;
    double gainDb;
  } cases[] = {{44'100, 2, "stereo", 0}, {48'000, 6, "5.1", 0}, {96'000, 6, "5.1", 6}, {48'000, 2, "stereo", 6}};
  for (const auto& one : cases) {
    for (const float bad : {nan, endless, -endless, most}) {
      auto stream = open(one.rate, one.channels, one.layout);
      Sound source(static_cast<std::size_t>(one.channels), std::vector<float>(static_cast<std::size_t>(one.rate) * 2, 0.1F));
      for (std::size_t i = 5'000; i < 5'010; ++i) source[i % 2][i] = bad;
      push(*stream, source, 0, source[0].size());
      const auto out = pull(*stream, static_cast<int>(stream->available()), one.gainDb);
      for (const auto& channel : out) {
        for (const float value : channel) CHECK(std::fabs(value) <= 1);
        // The limiter has long let go: it is as loud as if nothing had been.
        // 500 times the 160 samples after which the phases of 44.1 kHz come again.
        CHECK_EQ(channel[82'000], channel[2'000]);
        CHECK(channel[82'000] > 0.05F);
      }
    }
  }
}

TEST("sound/layouts-are-remixed-by-the-standard-coefficients") {
  struct Case {
    int channels;
    const char* layout;
    int lit;
    double left, right;
  };
  constexpr double half = std::numbers::sqrt2 / 2;
  // ITU-R BS.775-3, table 2, for the downmix; low frequencies are left out. Mono as libswresample has it.
  const Case cases[] = {{6, "5.1", 0, 1, 0},          {6, "5.1", 1, 0, 1},          {6, "5.1", 2, half, half},
                        {6, "5.1", 3, 0, 0},          {6, "5.1", 4, half, 0},       {6, "5.1", 5, 0, half},
                        {6, "5.1(side)", 4, half, 0}, {6, "5.1(side)", 5, 0, half}, {8, "7.1", 0, 1, 0},
                        {8, "7.1", 2, half, half},    {8, "7.1", 3, 0, 0},          {8, "7.1", 4, half, 0},
                        {8, "7.1", 7, 0, half},       {3, "2.1", 0, 1, 0},          {5, "5.0", 2, half, half},
                        {6, "no such layout", 1, 0, 1}, {16, "16 channels", 0, 1, 0}, {16, "16 channels", 1, 0, 1},
                        {16, "16 channels", 2, 0, 0}};
  for (const Case& one : cases) {
    auto stream = open(48'000, one.channels, one.layout);
    Sound source(static_cast<std::size_t>(one.channels), std::vector<float>(500, 0.0F));
    source[static_cast<std::size_t>(one.lit)].assign(500, 0.5F);
    const auto out = through(*stream, source);
    CHECK_EQ(out[0].size(), 500u);
    CHECK(std::fabs(out[0][250] - 0.5 * one.left) < 1e-6);
    CHECK(std::fabs(out[1][250] - 0.5 * one.right) < 1e-6);
  }
  auto mono = open(48'000, 1, "mono");
  const auto both = through(*mono, {std::vector<float>(500, 0.5F)});
  CHECK_EQ(both[0][250], both[1][250]);
  CHECK(std::fabs(both[0][250] - 0.5 * half) < 1e-6);
  auto surround = open(48'000, 2, "stereo", 48'000, 6);
  const auto six = through(*surround, Sound(2, std::vector<float>(500, 0.5F)));
  CHECK_EQ(six.size(), 6u);
  CHECK(std::fabs(six[0][250] - 0.5F) < 1e-6F);
}

TEST("sound/a-loud-downmix-is-limited-and-never-beyond-full-scale") {
  auto stream = open(48'000, 6, "5.1");
  const auto out = through(*stream, Sound(6, tone(200, 48'000, 48'000, 1.0)), 1'602);
  float most = 0;
  for (const float value : out[0]) most = std::max(most, std::fabs(value));
  CHECK(most <= 1.0F);
  CHECK(most > 0.9F);
}

TEST("sound/gain-is-exact-below-full-scale-and-recovers-after-a-peak") {
  auto stream = open(48'000, 2, "stereo");
  Sound source(2, std::vector<float>(96'000, 0.2F));
  for (std::size_t i = 1'000; i < 1'010; ++i) source[0][i] = 0.9F;
  push(*stream, source, 0, 96'000);
  const auto out = pull(*stream, 96'000, 6.020599913);
  for (int i = 0; i < 900; ++i) CHECK(std::fabs(out[0][i] - 0.4F) < 1e-5F);
  for (int i = 900; i < 1'100; ++i) CHECK(std::fabs(out[0][i]) <= 1.0F);
  // Turned down alike on both sides: the place of a sound between them does not move.
  CHECK(out[1][1'005] < 0.25F);
  CHECK(out[0][1'005] > 0.99F);
  // No step: from sample to sample the gain falls by no more than its share of 1.5 ms.
  for (int i = 800; i < 1'000; ++i) CHECK(std::fabs(out[1][i + 1] - out[1][i]) < 0.4F / 70);
  CHECK(std::fabs(out[0][95'000] - 0.4F) < 1e-5F);
}

TEST("sound/ramps-continue-from-pull-to-pull") {
  auto stream = open(48'000, 1, "mono", 48'000, 1);
  push(*stream, {std::vector<float>(400, 0.5F)}, 0, 400);
  const auto a = pull(*stream, 200, 0, 0, 0.5), b = pull(*stream, 200, 0, 0.5, 1);
  for (int i = 0; i < 200; ++i) {
    CHECK(std::fabs(a[0][i] - 0.5 * i / 400) < 1e-6);
    CHECK(std::fabs(b[0][i] - 0.5 * (i + 200) / 400) < 1e-6);
  }
}

TEST("sound/a-change-of-its-source-keeps-tones-in-their-place") {
  struct Part {
    int rate, channels;
    double seconds;
  };
  // In periods of 1 kHz, so that each part begins as its first sample does.
  const std::vector<Part> lines[] = {{{48'000, 6, 1}, {48'000, 2, 1}, {48'000, 6, 1}},
                                     {{48'000, 2, 1}, {44'100, 2, 1}, {48'000, 2, 1}},
                                     {{44'100, 1, 1}, {96'000, 6, 0.5}, {8'000, 2, 2}}};
  for (const auto& line : lines) {
    auto stream = open(line[0].rate, line[0].channels, "5.1(side)");
    std::vector<float> left;
    const auto take = [&](int samples) {
      const auto part = pull(*stream, samples);
      left.insert(left.end(), part[0].begin(), part[0].end());
    };
    for (const Part& part : line) {
      const auto samples = static_cast<std::size_t>(part.rate * part.seconds);
      // Mono goes to both sides 3 dB down.
      const double level = part.channels == 1 ? 0.5 * std::numbers::sqrt2 : 0.5;
      Sound source(static_cast<std::size_t>(part.channels), std::vector<float>(samples));
      source[0] = tone(1'000, part.rate, samples, level);
      CHECK(stream->changeSource(part.rate, part.channels));
      // Debt is told for what is pushed now.
      for (std::size_t at = 0; at < samples;) {
        const auto owed = static_cast<double>(stream->debt(1'602));
        const auto wanted = static_cast<std::size_t>(std::ceil(owed * part.rate / 48'000));
        const std::size_t count = std::min(wanted, samples - at);
        push(*stream, source, at, count);
        at += count;
        if (count == wanted) CHECK(stream->available() >= 1'602);
        take(static_cast<int>(std::min<std::int64_t>(stream->available(), 1'602)));
      }
    }
    CHECK(stream->end());
    take(static_cast<int>(stream->available()));
    std::size_t at = 0;
    for (const Part& part : line) {
      const auto samples = static_cast<std::size_t>(48'000 * part.seconds);
      REQUIRE(left.size() >= at + samples);
      const auto from = left.begin() + static_cast<std::ptrdiff_t>(at);
      CHECK(signalToNoise(std::vector<float>(from, from + static_cast<std::ptrdiff_t>(samples)), 1'000, 48'000) > 90);
      at += samples;
    }
    CHECK_EQ(left.size(), at);
  }
}

TEST("sound/lengths-of-many-parts-are-rounded-once") {
  auto stream = open(44'100, 2, "stereo");
  std::int64_t got = 0;
  double seconds = 0;
  for (int i = 0; i < 400; ++i) {
    const int rate = i % 2 == 0 ? 44'100 : 32'000;
    const std::size_t samples = 1'001 + static_cast<std::size_t>(i % 5);
    CHECK(stream->changeSource(rate, i % 3 == 0 ? 6 : 2));
    push(*stream, Sound(i % 3 == 0 ? 6 : 2, std::vector<float>(samples)), 0, samples);
    seconds += static_cast<double>(samples) / rate;
    got += stream->available();
    pull(*stream, static_cast<int>(stream->available()));
  }
  CHECK(stream->end());
  got += stream->available();
  CHECK_EQ(got, static_cast<std::int64_t>(std::ceil(seconds * 48'000 - 1e-6)));
}

TEST("sound/the-house's-own-sound-is-bit-exact-between-changes") {
  auto stream = open(48'000, 2, "stereo");
  Sound own(2, std::vector<float>(5'000));
  for (std::size_t i = 0; i < 5'000; ++i) own[0][i] = own[1][i] = static_cast<float>(i) * 7e-4F - 1.7F;
  const Sound loud(6, std::vector<float>(5'000, 1.0F));
  const auto change = [&](int channels) { CHECK(stream->changeSource(48'000, channels)); };
  push(*stream, own, 0, 5'000);
  change(6);
  push(*stream, loud, 0, 5'000);
  change(2);
  push(*stream, own, 0, 5'000);
  CHECK_EQ(stream->available(), 15'000);
  const auto out = pull(*stream, 15'000);
  CHECK(std::memcmp(out[0].data(), own[0].data(), 5'000 * sizeof(float)) == 0);
  CHECK(std::memcmp(out[0].data() + 10'000, own[0].data(), 5'000 * sizeof(float)) == 0);
  // What is mixed in between is held at full scale all the same.
  for (std::size_t i = 5'000; i < 10'000; ++i) CHECK(out[0][i] <= 1 && out[0][i] > 0.5F);
}

TEST("sound/a-source-that-cannot-be-converted-changes-nothing") {
  auto stream = open(48'000, 2, "stereo", 48'000, 6);
  push(*stream, Sound(2, std::vector<float>(100, 0.25F)), 0, 100);
  for (const auto& [rate, channels] : {std::pair(0, 2), std::pair(48'000, 0), std::pair(48'000, 1'000)}) {
    const auto changed = stream->changeSource(rate, channels);
    CHECK(!changed && std::strcmp(changed.failure().code, "UnsupportedMedia") == 0);
  }
  push(*stream, Sound(2, std::vector<float>(100, 0.25F)), 0, 100);
  CHECK_EQ(stream->available(), 200);
  CHECK(stream->end());
  CHECK(!stream->changeSource(44'100, 2));
}

TEST("sound/nonsense-is-refused-with-a-code") {
  for (const SoundSpec& spec : {SoundSpec{0, 2, "stereo", 48'000, 2}, SoundSpec{48'000, 0, "", 48'000, 2},
                                SoundSpec{48'000, 1'000, "", 48'000, 2}, SoundSpec{2'000'000'000, 2, "", 48'000, 2}}) {
    const auto opened = SoundStream::open(spec);
    CHECK(!opened && std::strcmp(opened.failure().code, "UnsupportedMedia") == 0);
  }
  auto stream = open(44'100, 2, "stereo");
  CHECK(stream->end());
  CHECK(stream->end());
  CHECK_EQ(stream->available(), 0);
  const std::vector<float> sample(10);
  const float* channels[] = {sample.data(), sample.data()};
  CHECK(!stream->push(channels, 10));
}
