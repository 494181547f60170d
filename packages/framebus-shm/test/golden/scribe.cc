#include "scribe.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>

namespace retrovue::framebus::golden {
namespace {

/// The committer's fade towards silence, and back from it: 5 ms (docs: timing).
constexpr std::uint32_t kFadePerSecond = 200;

std::string reservedName(std::uint32_t flags) {
  return (flags & RVFB_FLAG_BLACK) != 0 ? "black" : "slate";
}

/// The reserved pictures are black until an engine draws a slate.
std::uint8_t blackByte(const rvfb_format& f, std::uint32_t p, std::uint32_t x) {
  const std::uint8_t level = p != 0 ? 128 : f.colour_range == 2 ? 0 : 16;
  if (f.pixel_format != RVFB_P010LE) return level;
  return x % 2 == 0 ? 0 : level;  // Ten bits in the upper end of sixteen: level << 8.
}

void writeFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) giveUp("cannot write " + path);
}

}  // namespace

Scribe::Scribe(const BusSpec& spec, std::int64_t first, const Place& place)
    : bus_(spec, place), first_(first), last_(spec.channels) {}

void Scribe::picture(Handed handed) {
  const std::uint32_t buffer = bus_.loan();
  bus_.paint(buffer, handed.tick);
  handed.buffer = buffer;
  submitted(handed, {handed.tick, handed.cropRows, handed.cropBytes});
  bus_.release(buffer);
}

void Scribe::pictureTwice(Handed first, Handed second) {
  const std::uint32_t buffer = bus_.loan();
  bus_.paint(buffer, first.tick);
  first.buffer = second.buffer = buffer;
  submitted(first, {first.tick});
  submitted(second, {first.tick});
  bus_.release(buffer);
}

void Scribe::reserved(Handed handed, std::uint32_t buffer) {
  handed.buffer = buffer;
  submitted(handed, {});
}

void Scribe::stoodIn(TickRecord record, const Shown& shown) {
  bus_.waitForTick(record.tick);
  fill(record);
  record.silentSamples = record.samples;
  record.pictureOf = record.pictureOf.empty() ? reservedName(record.flags) : record.pictureOf;
  Sound sound(last_.size(), std::vector<float>(record.samples));
  const std::uint32_t length = std::min(record.samples, bus_.grid().sampleRate / kFadePerSecond);
  for (std::size_t c = 0; c < sound.size(); ++c) {
    for (std::uint32_t i = 0; i < length; ++i) {
      sound[c][i] = last_[c] * static_cast<float>(length - 1 - i) / static_cast<float>(length);
    }
  }
  inGap_ = wasHeard_;
  keep(record, shown, sound);
}

void Scribe::fill(TickRecord& record) const {
  record.houseTimeNs = bus_.grid().tickTime(record.tick);
  record.sampleStart = bus_.grid().sampleAt(record.tick);
  record.samples = bus_.grid().samplesIn(record.tick);
  record.commitMonoNs = commitTimeOf(record.tick);
}

void Scribe::submitted(const Handed& handed, const Shown& shown) {
  bus_.hand(handed);
  bus_.waitForTick(handed.tick);
  TickRecord record;
  record.tick = handed.tick;
  fill(record);
  record.flags = handed.flags;
  record.reason = handed.reason;
  record.segment.fill(handed.segment);
  record.planRevision = handed.planRevision;
  if (handed.assetKey != 0) record.asset = AssetText{handed.uri, handed.title, false};
  record.mediaTimeNs = handed.mediaTimeNs;
  record.sourcePts = handed.sourcePts;
  record.sourceTbNum = handed.sourceTbNum;
  record.sourceTbDen = handed.sourceTbDen;
  record.sourceIndex = handed.sourceIndex;
  record.decoder = handed.decoder;
  record.decodeNs = handed.decodeNs;
  record.lane = 1;
  record.silentSamples = handed.silentSamples;
  record.ancillary = handed.ancillary;
  record.pictureOf = shown.paintedAt < 0 ? reservedName(handed.flags) : std::to_string(shown.paintedAt);
  Sound sound(last_.size(), std::vector<float>(record.samples));
  for (std::uint32_t c = 0; c < sound.size() && handed.sound; ++c) {
    for (std::uint32_t i = 0; i < record.samples; ++i) sound[c][i] = sampleOf(record.sampleStart + i, c);
  }
  if (handed.sound && inGap_) {
    const std::uint32_t length = std::min(record.samples, bus_.grid().sampleRate / kFadePerSecond);
    for (auto& channel : sound) {
      for (std::uint32_t i = 0; i < length; ++i)
        channel[i] *= static_cast<float>(i) / static_cast<float>(length);
    }
    record.silentSamples = std::max(record.silentSamples, length);
  }
  inGap_ = false;
  wasHeard_ = wasHeard_ || handed.sound;
  if (handed.notFinite) sound[0][5] = sound[0][6] = 0;
  keep(record, shown, sound);
}

void Scribe::keep(TickRecord& record, const Shown& shown, const Sound& sound) {
  for (std::size_t c = 0; c < sound.size(); ++c) {
    record.soundCrc.push_back(crc32(sound[c].data(), sound[c].size() * sizeof(float)));
    last_[c] = sound[c].empty() ? 0 : sound[c].back();
  }
  record.planeCrc = planesOf(shown);
  records_.push_back(record);
}

std::vector<std::uint32_t> Scribe::planesOf(const Shown& shown) const {
  const rvfb_format& f = bus_.header().format;
  std::vector<std::uint32_t> sums;
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    std::string bytes;
    for (std::uint32_t y = 0; y < f.plane_picture_rows[p]; ++y) {
      for (std::uint32_t x = 0; x < f.plane_row_bytes[p]; ++x) {
        bytes += static_cast<char>(
            shown.paintedAt < 0 ? blackByte(f, p, x)
                                : pixelOf(shown.paintedAt, p, y + shown.cropRows, x + shown.cropBytes));
      }
    }
    sums.push_back(crc32(bytes.data(), bytes.size()));
  }
  return sums;
}

/// The ticks that may be read, each naming the first of them that shows its pixels.
std::vector<TickRecord> Scribe::readable(std::int64_t oldest) const {
  std::vector<TickRecord> ticks;
  std::map<std::string, std::string> firstShownAt;
  for (TickRecord tick : records_) {
    if (tick.tick < oldest) continue;
    if (tick.pictureOf != "slate" && tick.pictureOf != "black") {
      tick.pictureOf = firstShownAt.try_emplace(tick.pictureOf, std::to_string(tick.tick)).first->second;
    }
    ticks.push_back(tick);
  }
  return ticks;
}

void Scribe::write(const std::string& folder, const std::vector<std::int64_t>& overruns) {
  ::mkdir(folder.c_str(), 0755);
  const auto& mapping = bus_.committer().control();
  std::string control(reinterpret_cast<const char*>(mapping->at()), mapping->bytes());
  auto* const header = reinterpret_cast<rvfb_header*>(control.data());
  // What differs from run to run is made equal: ids, times, and the heartbeats that happened to pass.
  for (std::uint8_t i = 0; i < sizeof header->run_id; ++i) header->run_id[i] = i;
  header->pictures_inode = 0;
  header->heartbeat = 1;
  for (std::uint32_t i = 0; i < header->slot_count; ++i) {
    auto* const slot =
        reinterpret_cast<rvfb_slot*>(control.data() + header->slots_offset + i * sizeof(rvfb_slot));
    if (slot->tick != RVFB_NO_TICK) slot->commit_mono_ns = commitTimeOf(slot->tick);
  }
  BusRecord record;
  std::memcpy(&record.header, control.data(), sizeof record.header);
  record.now = header->mapping.house_anchor;

  const auto& pictures = bus_.lane().pictures();
  std::string readers(
      (RVFB_READERS_BYTES + RVFB_READER_ENTRIES * RVFB_READER_ENTRY_BYTES + RVFB_PAGE_BYTES - 1) /
          RVFB_PAGE_BYTES * RVFB_PAGE_BYTES,
      '\0');
  const rvfb_readers table{
      RVFB_MAGIC_READERS, RVFB_LAYOUT_VERSION, RVFB_READER_ENTRIES, RVFB_READER_ENTRY_BYTES, {}};
  std::memcpy(readers.data(), &table, sizeof table);
  writeFile(folder + "/control", control);
  writeFile(folder + "/pictures",
            std::string(reinterpret_cast<const char*>(pictures->at()), pictures->bytes()));
  writeFile(folder + "/readers", readers);
  writeFile(folder + "/manifest.json", manifestOf(record, readable(header->oldest_tick), overruns));
}

}  // namespace retrovue::framebus::golden
