#include <retrovue/libav/sound_source.h>
#include <retrovue/libav/stream_choice.h>
#include <retrovue/test/runner.h>

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
  CHECK(sound.next() >= 0);
}
