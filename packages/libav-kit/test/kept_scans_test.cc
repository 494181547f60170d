#include <retrovue/libav/packet_index.h>
#include <retrovue/test/runner.h>

#include <filesystem>
#include <fstream>

#include "clip.h"
#include "storage.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr int seconds = 40;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t clock90k = 90'000;
constexpr StreamChoice both{0, 1};

const Clip& transportStream() {
  static const Clip clip("long.ts", "-c:v mpeg2video -q:v 2 -g 12 -c:a mp2", seconds);
  return clip;
}

const Clip& programStream() {
  static const Clip clip("long.mpg", "-c:v mpeg2video -q:v 2 -g 12 -c:a mp2", seconds);
  return clip;
}

/// The clock begins again in the middle.
const Clip& jumpingStream() {
  static const Clip clip("jumping.ts", [] {
    std::vector<char> bytes = transportStream().bytes();
    bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
    return bytes;
  }());
  return clip;
}

/// A picture a second: each comes out when the next one begins, after a second of sound that begins behind its first byte.
const Clip& slides() {
  static const Clip clip("slides.ts", "-r 1 -c:v libx264 -preset ultrafast -g 5 -c:a mp2", seconds);
  return clip;
}

std::int64_t sizeOf(const Clip& clip) {
  return static_cast<std::int64_t>(std::filesystem::file_size(clip.path()));
}

void write(const std::string& path, const std::vector<char>& bytes, std::ios::openmode how) {
  std::ofstream(path, std::ios::binary | how).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

PacketScan scanOf(std::int64_t packets, std::size_t entries = 0) {
  PacketScan scan;
  scan.packets = packets;
  scan.pictures.resize(entries);
  return scan;
}

}  // namespace

TEST("scans/a-seek-that-is-given-up-goes-on-in-the-next-session") {
  const Clip& clip = transportStream();
  const std::int64_t size = sizeOf(clip);
  // What it costs from the start: of a file that nobody has seen.
  const Clip unseen("unseen.ts", clip.bytes());
  const auto whole = std::make_shared<Storage>(unseen.path());
  Player first(whole);
  REQUIRE(first.seek((seconds - 4) * second));
  const auto expected = first.picture();
  REQUIRE(expected && *expected);

  const auto interrupted = std::make_shared<Storage>(clip.path());
  {
    Player player(interrupted);
    REQUIRE(player.info());
    interrupted->afterBytes(size / 2, [&] { player.session().cancel(); });
    const auto sought = player.seek((seconds - 4) * second);
    CHECK(!sought && std::string_view(sought.failure().code) == "Cancelled");
  }
  const auto rest = std::make_shared<Storage>(clip.path());
  Player player(rest);
  CHECK(player.seek((seconds - 4) * second));
  const auto got = player.picture();
  REQUIRE(got && *got);
  CHECK_EQ((*got)->time, (*expected)->time);
  CHECK(rest->bytesRead() < whole->bytesRead() - size * 2 / 5);

  // What is known all the way is not read again at all: only where decoding begins is.
  const auto known = std::make_shared<Storage>(clip.path());
  Player again(known);
  CHECK(again.seek((seconds - 4) * second));
  CHECK(known->bytesRead() < whole->bytesRead() - size * 4 / 5);
}

TEST("scans/a-pass-in-many-parts-finds-what-one-pass-does") {
  // Program streams are looked into to learn of their streams; a small part of these files, as it is of real ones.
  MediaLimits limits;
  limits.probeBytes = 500'000;
  for (const Clip* clip : {&transportStream(), &programStream(), &jumpingStream()}) {
    KeptScans none(0, 0), kept(4, 1 << 20);
    PacketIndex once(clip->open(), limits, both, none);
    const std::int64_t share = sizeOf(*clip) / 4;
    int parts = 0;
    for (bool isDone = false; !isDone;) {
      REQUIRE(++parts < 100);
      const auto storage = std::make_shared<Storage>(clip->path());
      Interrupt interrupt;
      storage->afterBytes(share, [&] { interrupt.cancel(); });
      PacketIndex index(storage, limits, both, kept);
      isDone = static_cast<bool>(index.find(both.picture, INT64_MAX / 2, interrupt));
      // No part is much longer than it may be, so the last one is what is left and no more.
      CHECK(storage->bytesRead() < share * 3 / 2);
    }
    CHECK(parts > 3);
    PacketIndex inParts(clip->open(), limits, both, kept);
    Interrupt interrupt;
    for (const int stream : {both.picture, both.sound}) {
      for (std::int64_t at = 0; at < 2 * seconds * clock90k; at += clock90k / 3) {
        const auto expected = once.find(stream, at, interrupt), got = inParts.find(stream, at, interrupt);
        REQUIRE(expected && got);
        CHECK_EQ(got->has_value(), expected->has_value());
        if (!*got || !*expected) continue;
        CHECK_EQ((*got)->timestamp, (*expected)->timestamp);
        CHECK_EQ((*got)->position, (*expected)->position);
        CHECK_EQ((*got)->before.offset, (*expected)->before.offset);
      }
    }
  }
}

TEST("scans/sound-that-comes-before-a-key-picture-is-seen-once") {
  KeptScans none(0, 0), kept(4, 1 << 20);
  PacketIndex once(slides().open(), {}, both, none);
  Interrupt interrupt;
  for (std::int64_t until = 4; until < seconds; until += 4) {
    PacketIndex part(slides().open(), {}, both, kept);
    for (std::int64_t at = 0; at < until; at++) {
      const auto expected = once.find(both.picture, at * clock90k, interrupt);
      const auto got = part.find(both.picture, at * clock90k, interrupt);
      REQUIRE(expected && got);
      CHECK_EQ(got->has_value(), expected->has_value());
      if (!*got || !*expected) continue;
      CHECK_EQ((*got)->timestamp, (*expected)->timestamp);
      CHECK_EQ((*got)->before.offset, 0);
    }
  }
  for (const std::int64_t at : {30, 11, 5}) {
    Player player(slides().open());
    REQUIRE(player.seek(at * second));
    const auto got = player.picture();
    REQUIRE(got && *got);
    CHECK_EQ((*got)->time, at * second);
  }
}

TEST("scans/a-file-that-was-written-to-is-another-one") {
  const std::vector<char> bytes = transportStream().bytes();
  const std::vector<char> half(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
  const Clip growing("growing.ts", half);
  KeptScans kept(4, 1 << 20);
  Interrupt interrupt;
  const auto lastOf = [&] {
    PacketIndex index(growing.open(), {}, both, kept);
    const auto found = index.find(both.picture, INT64_MAX / 2, interrupt);
    REQUIRE(found && *found);
    return (*found)->timestamp;
  };
  const std::int64_t before = lastOf();
  CHECK(before < (seconds / 2 + 5) * clock90k);
  write(growing.path(), {bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), bytes.end()}, std::ios::app);
  CHECK(lastOf() > before + (seconds / 2 - 5) * clock90k);
  // In place, and as long as it was: nothing but zeros from the middle on.
  std::vector<char> emptied = bytes;
  std::fill(emptied.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), emptied.end(), '\0');
  write(growing.path(), emptied, std::ios::in);
  CHECK(lastOf() <= before);
}

TEST("scans/what-is-written-to-on-the-way-is-not-kept") {
  const Clip clip("written.ts", transportStream().bytes());
  const auto storage = std::make_shared<Storage>(clip.path());
  storage->afterBytes(sizeOf(clip) / 2, [&] { write(clip.path(), {'\0'}, std::ios::app); });
  KeptScans kept(4, 1 << 20);
  Interrupt interrupt;
  PacketIndex index(storage, {}, both, kept);
  CHECK(index.find(both.picture, INT64_MAX / 2, interrupt));
  CHECK_EQ(kept.bytes(), 0u);
}

TEST("scans/as-many-are-kept-as-there-is-room-for") {
  const auto file = [](std::uint64_t inode) { return FileIdentity{1, inode, 2, 3, 4}; };
  KeptScans few(2, 1 << 20);
  few.keep(file(1), both, scanOf(1));
  few.keep(file(2), both, scanOf(1));
  CHECK(few.find(file(1), both) != nullptr);
  few.keep(file(3), both, scanOf(1));
  // The one that was not asked for has gone.
  CHECK(few.find(file(1), both) != nullptr && few.find(file(2), both) == nullptr);
  CHECK(few.find(file(1), {0, 2}) == nullptr);

  KeptScans small(100, 9'000);
  small.keep(file(1), both, scanOf(1, 100));
  small.keep(file(2), both, scanOf(1, 100));
  CHECK(small.bytes() <= 9'000);
  CHECK(small.find(file(1), both) == nullptr && small.find(file(2), both) != nullptr);
  small.keep(file(3), both, scanOf(1, 1'000));
  CHECK(small.find(file(2), both) != nullptr && small.find(file(3), both) == nullptr);
}

TEST("scans/the-one-that-has-come-further-stays") {
  const FileIdentity file{1, 2, 3, 4, 5};
  KeptScans kept(4, 1 << 20);
  kept.keep(file, both, scanOf(10));
  kept.keep(file, both, scanOf(5));
  CHECK_EQ(kept.find(file, both)->packets, 10);
  kept.keep(file, both, scanOf(20, 3));
  CHECK_EQ(kept.find(file, both)->packets, 20);
  PacketScan ended = scanOf(20, 3);
  ended.ended = true;
  const std::size_t before = kept.bytes();
  kept.keep(file, both, ended);
  CHECK(kept.find(file, both)->ended);
  CHECK_EQ(kept.bytes(), before);
}
