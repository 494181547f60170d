#include <retrovue/libav/sound_source.h>
#include <retrovue/libav/stream_choice.h>
#include <retrovue/test/runner.h>

#include <cstdlib>
#include <string_view>

#include "clip.h"
#include "storage.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// The sound of a clip alone, without threads.
struct Sound {
  explicit Sound(const Clip& clip) : storage(std::make_shared<Storage>(clip.path())) {
    auto first = MediaFile::open(storage, interrupt, {}, Knowledge::playable);
    REQUIRE(first);
    AVFormatContext& context = (*first)->context();
    const StreamChoice choice = chooseStreams(context, {});
    REQUIRE(choice.sound >= 0 && choice.picture >= 0);
    SoundSourceSpec spec;
    spec.descriptor = storage;
    spec.stream = choice.sound;
    spec.pictureStream = choice.picture;
    spec.parameters = copyOf(*context.streams[choice.sound]->codecpar);
    spec.timeBase = context.streams[choice.sound]->time_base;
    if ((*first)->seekBy() == SeekBy::packetIndex)
      spec.index = std::make_shared<PacketIndex>(storage, spec.limits, choice);
    spec.file = std::move(*first);
    auto opened = SoundSource::open(std::move(spec), interrupt, trail);
    REQUIRE(opened);
    source = std::move(*opened);
  }

  /// Where the next samples begin, in samples; negative at the end.
  std::int64_t next() {
    for (;;) {
      SoundChunk chunk;
      const auto got = source->next(chunk);
      REQUIRE(got);
      if (!*got) return -1;
      if (chunk.samples > 0) return chunk.start;
    }
  }

  std::shared_ptr<Storage> storage;
  Interrupt interrupt;
  const BreadcrumbTrail trail{"test", 2};
  std::unique_ptr<SoundSource> source;
};

}  // namespace

TEST("sound-source/after-going-back-to-the-start-it-moves-as-before") {
  // Files whose headers name no streams, and one in which they are numbered as they come.
  const char* const containers[][2] = {{"a.flv", "-c:v flv1 -g 12 -c:a adpcm_swf -ar 44100"},
                                       {"a.mpg", "-c:v mpeg2video -g 12 -c:a mp2"},
                                       {"a.ts", "-c:v mpeg2video -g 12 -c:a mp2"}};
  for (const auto& [name, arguments] : containers) {
    Sound sound(Clip(name, arguments, 4));
    CHECK(sound.next() <= 0);
    for (int i = 0; i < 3; i++) {
      REQUIRE(sound.source->seek(0));
      REQUIRE(sound.source->seek(2 * second + i * second / 4));
      const std::int64_t at = sound.next();
      // FLV without an index is read from its start; the others know a place near by.
      CHECK(at >= (std::string_view(name) == "a.flv" ? 0 : 48'000) && at < 3 * 48'000);
    }
  }
}

TEST("sound-source/sound-that-ended-early-is-looked-for-once") {
  const Clip clip("early.mkv",
                  "-filter_complex '[1:a]atrim=0:2[a]' -map 0:v -map '[a]' -c:v mpeg4 -q:v 2 -g 12 -c:a pcm_s16le", 60);
  const auto size = static_cast<std::int64_t>(clip.bytes().size());
  Sound sound(clip);
  CHECK(sound.next() <= 0);
  const std::int64_t before = sound.storage->bytesRead();
  REQUIRE(sound.source->seek(30 * second));
  while (sound.next() >= 0) continue;
  // To the end of the file, and back to where the sound was: no part of it again and again.
  CHECK(sound.storage->bytesRead() - before < 2 * size);
  const std::int64_t then = sound.storage->bytesRead();
  REQUIRE(sound.source->seek(40 * second));
  while (sound.next() >= 0) continue;
  CHECK(sound.storage->bytesRead() - then < 2 * size);
  // What there is of it is still there.
  REQUIRE(sound.source->seek(second));
  const std::int64_t at = sound.next();
  CHECK(at >= 0 && at <= 48'000);
  REQUIRE(sound.source->seek(0));
  CHECK_EQ(sound.next(), 0);
  REQUIRE(sound.source->seek(second));
  std::int64_t last = -1;
  for (std::int64_t next = sound.next(); next >= 0; next = sound.next()) last = next;
  // The last of its packets begins less than a tenth of a second before its end at two seconds.
  CHECK(last > 96'000 - 4'800 && last < 96'000);
}

TEST("sound-source/a-landing-in-the-cluster-where-the-sound-ends-keeps-all-of-it") {
  // From 28 s on so small that a cluster holds several key pictures; the sound ends in the midst of one.
  const Clip clip("early.mkv",
                  "-filter_complex '[0:v]drawbox=t=fill:c=black:enable=gte(t\\,28)[v];[1:a]atrim=0:29.2[a]' -map '[v]' "
                  "-map '[a]' -c:v mpeg4 -q:v 2 -g 12 -c:a libopus -b:a 6k -frame_duration 60",
                  40);
  const auto lastOf = [](Sound& sound) {
    std::int64_t last = -1;
    for (;;) {
      SoundChunk chunk;
      const auto got = sound.source->next(chunk);
      REQUIRE(got);
      if (!*got) return last;
      if (chunk.samples > 0) last = chunk.start + chunk.samples;
    }
  };
  Sound whole(clip);
  const std::int64_t last = lastOf(whole);
  CHECK(last > 29 * 48'000);
  for (const std::int64_t tenths : {296, 301, 306, 320, 380}) {
    Sound sound(clip);
    // From the start on it learns how frames lie; else a seek would begin there.
    for (int i = 0; i < 5; i++) CHECK(sound.next() <= i * 2'880);
    REQUIRE(sound.source->seek(tenths * second / 10));
    lastOf(sound);
    REQUIRE(sound.source->seek(20 * second));
    // Opus' times in Matroska are in milliseconds.
    CHECK(std::abs(lastOf(sound) - last) < 100);
  }
}
