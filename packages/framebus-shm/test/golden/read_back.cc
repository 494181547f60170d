#include "read_back.h"

#include <retrovue/frame_bus_reader.h>

#include <cstring>
#include <map>
#include <sstream>
#include <vector>

#include "driven_bus.h"

namespace retrovue::framebus::golden {
namespace {

std::vector<AncillaryRecord> ancillaryOf(const rvfb_frame& frame) {
  std::vector<AncillaryRecord> records;
  std::uint32_t at = 0;
  while (at + sizeof(rvfb_ancillary) <= frame.slot.ancillary_bytes) {
    rvfb_ancillary label;
    std::memcpy(&label, frame.ancillary + at, sizeof label);
    at += sizeof label;
    if (label.bytes > frame.slot.ancillary_bytes - at) giveUp("an ancillary record is cut short");
    records.push_back(
        {label.kind, std::string(reinterpret_cast<const char*>(frame.ancillary + at), label.bytes)});
    at += (label.bytes + 3u) / 4 * 4;
  }
  return records;
}

TickRecord recordOf(rvfb_reader* reader, const rvfb_frame& frame) {
  const rvfb_slot& s = frame.slot;
  const rvfb_format& f = rvfb_reader_header(reader)->format;
  TickRecord r;
  r.tick = s.tick;
  r.houseTimeNs = s.house_time_ns;
  r.flags = s.flags;
  r.reason = s.stand_in_reason;
  std::memcpy(r.segment.data(), s.segment_id, sizeof s.segment_id);
  r.planRevision = s.plan_revision;
  rvfb_asset asset;
  if (s.asset_index != RVFB_NO_ASSET) {
    if (rvfb_reader_asset(reader, &s, &asset) != RVFB_OK) giveUp("a readable tick's asset is gone");
    r.asset = AssetText{{asset.uri, asset.uri_bytes}, {asset.title, asset.title_bytes}, asset.truncated != 0};
  }
  r.mediaTimeNs = s.media_time_ns;
  r.sourcePts = s.source_pts;
  r.sourceTbNum = s.source_tb_num;
  r.sourceTbDen = s.source_tb_den;
  r.sourceIndex = s.source_index;
  r.decoder = s.decoder_index;
  r.decodeNs = s.decode_ns;
  r.lane = s.lane;
  r.silentSamples = s.silent_samples;
  r.sampleStart = s.sample_start;
  r.samples = s.sample_count;
  r.commitMonoNs = s.commit_mono_ns;
  r.ancillary = ancillaryOf(frame);
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    std::uint32_t sum = 0;
    for (std::uint32_t y = 0; y < f.plane_picture_rows[p]; ++y) {
      sum = crc32(frame.planes[p] + std::size_t{y} * f.plane_stride[p], f.plane_row_bytes[p], sum);
    }
    r.planeCrc.push_back(sum);
  }
  std::vector<std::vector<float>> sound(f.channels, std::vector<float>(s.sample_count));
  std::vector<float*> into;
  for (auto& channel : sound) into.push_back(channel.data());
  if (!rvfb_reader_sound(reader, &s, into.data(), f.channels)) giveUp("the sound was overwritten");
  for (const auto& channel : sound)
    r.soundCrc.push_back(crc32(channel.data(), channel.size() * sizeof(float)));
  if (!rvfb_reader_intact(reader, &s)) giveUp("the picture was overwritten");
  return r;
}

}  // namespace

std::string readBack(const std::string& path, const std::string& overruns) {
  rvfb_reader* reader = nullptr;
  const rvfb_status opened = rvfb_reader_open(path.c_str(), "golden", &reader);
  if (opened != RVFB_OK) giveUp(std::string("opening: ") + rvfb_status_text(opened));
  BusRecord bus;
  std::memcpy(&bus.header, rvfb_reader_header(reader), sizeof bus.header);
  bus.now = rvfb_reader_now(reader);
  std::vector<TickRecord> records;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> shownAt;
  const std::int64_t head = rvfb_reader_head(reader);
  rvfb_frame frame;
  for (std::int64_t tick = rvfb_reader_oldest(reader); tick <= head; ++tick) {
    const rvfb_status status = rvfb_reader_read(reader, tick, &frame);
    if (status != RVFB_OK) giveUp(std::to_string(tick) + ": " + rvfb_status_text(status));
    records.push_back(recordOf(reader, frame));
    const rvfb_slot& s = frame.slot;
    records.back().pictureOf =
        s.buffer == RVFB_BUFFER_SLATE ? "slate"
        : s.buffer == RVFB_BUFFER_BLACK
            ? "black"
            : shownAt.try_emplace({s.buffer, s.buffer_generation}, std::to_string(tick)).first->second;
  }
  std::vector<std::int64_t> lost;
  std::istringstream asked(overruns);
  for (std::string word; std::getline(asked, word, ',');) {
    const std::int64_t tick = std::stoll(word);
    if (rvfb_reader_read(reader, tick, &frame) == RVFB_OVERRUN) lost.push_back(tick);
  }
  rvfb_reader_close(reader);
  return manifestOf(bus, records, lost);
}

}  // namespace retrovue::framebus::golden
