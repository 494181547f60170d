#include "tick_record.h"

namespace retrovue::framebus::golden {
namespace {

constexpr const char* kFlagNames[] = {"repeat", "hold",           "slate",         "black",
                                      "pad",    "firstOfSegment", "discontinuity", "late"};
constexpr const char* kReasonNames[] = {"none",         "planned",    "opening",  "late",       "openFailed",
                                        "decodeFailed", "endedEarly", "hung",     "workerLost", "starved",
                                        "quarantined",  "lateTake",   "soundOnly"};
constexpr const char* kAncillaryNames[] = {"", "cea608", "cea708", "afd", "timecode"};
constexpr const char* kPixelFormats[] = {"",
                                         "yuv420p",
                                         "yuv422p",
                                         "yuv444p",
                                         "yuv420p10le",
                                         "yuv422p10le",
                                         "yuv444p10le",
                                         "yuv420p12le",
                                         "yuv422p12le",
                                         "yuv444p12le",
                                         "nv12",
                                         "p010le",
                                         "gray",
                                         "gray10le",
                                         "rgb24",
                                         "rgba",
                                         "gbrp"};

std::string hexOf(const void* bytes, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<const unsigned char*>(bytes)[i];
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void checksums(Json& json, const char* name, const std::vector<std::uint32_t>& sums) {
  json.key(name).open('[');
  for (const std::uint32_t sum : sums) json.number(sum);
  json.close(']');
}

void wideOrNull(Json& json, const char* name, std::int64_t value, std::int64_t none) {
  json.key(name);
  value == none ? json.null() : json.wide(value);
}

void tickTo(Json& json, const TickRecord& r) {
  json.open('{').key("tick").number(r.tick).key("houseTimeNs").wide(r.houseTimeNs);
  json.key("flags").open('[');
  for (int bit = 0; bit < 8; ++bit) {
    if ((r.flags >> bit & 1) != 0) json.string(kFlagNames[bit]);
  }
  json.close(']').key("standInReason").string(kReasonNames[r.reason]);
  json.key("segmentId").string(hexOf(r.segment.data(), r.segment.size()));
  json.key("planRevision").number(static_cast<std::int64_t>(r.planRevision));
  json.key("asset");
  if (r.asset) {
    json.open('{').key("uri").string(r.asset->uri).key("title").string(r.asset->title);
    json.key("truncated").boolean(r.asset->truncated).close('}');
  } else {
    json.null();
  }
  wideOrNull(json, "mediaTimeNs", r.mediaTimeNs, RVFB_NO_TIME);
  wideOrNull(json, "sourcePts", r.sourcePts, RVFB_NO_TIME);
  json.key("sourceTimeBase");
  if (r.sourceTbNum == 0) {
    json.null();
  } else {
    json.open('[').number(r.sourceTbNum).number(r.sourceTbDen).close(']');
  }
  wideOrNull(json, "sourceIndex", r.sourceIndex, RVFB_NO_INDEX);
  json.key("decoderIndex");
  r.decoder == RVFB_NO_DECODER ? json.null() : json.number(r.decoder);
  json.key("decodeNs").wide(static_cast<std::int64_t>(r.decodeNs));
  json.key("lane").number(r.lane).key("silentSamples").number(r.silentSamples);
  json.key("sampleStart").wide(static_cast<std::int64_t>(r.sampleStart)).key("samples").number(r.samples);
  json.key("commitMonoNs").wide(r.commitMonoNs);
  json.key("ancillary").open('[');
  for (const auto& record : r.ancillary) {
    json.open('{').key("kind").string(kAncillaryNames[record.kind]);
    json.key("hex").string(hexOf(record.bytes.data(), record.bytes.size())).close('}');
  }
  json.close(']').key("pictureOf").string(r.pictureOf);
  checksums(json, "planeCrc32", r.planeCrc);
  checksums(json, "soundCrc32", r.soundCrc);
  json.close('}');
}

void planesTo(Json& json, const rvfb_format& f) {
  json.key("planes").open('[');
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    json.open('{').key("stride").number(f.plane_stride[p]).key("rowBytes").number(f.plane_row_bytes[p]);
    json.key("rows").number(f.plane_picture_rows[p]).close('}');
  }
  json.close(']');
}

void busTo(Json& json, const BusRecord& bus) {
  const rvfb_header& h = bus.header;
  const rvfb_format& f = h.format;
  json.open('{')
      .key("engineId")
      .string({h.engine_id, h.engine_id_bytes})
      .key("channelId")
      .number(h.channel_id);
  json.key("runId").string(hexOf(h.run_id, sizeof h.run_id));
  json.key("width").number(f.width).key("height").number(f.height);
  json.key("rate").open('[').number(f.rate_num).number(f.rate_den).close(']');
  json.key("pixelFormat").string(kPixelFormats[f.pixel_format]);
  json.key("sar").open('[').number(f.sar_num).number(f.sar_den).close(']');
  json.key("colour").open('[').number(f.colour_primaries).number(f.colour_transfer);
  json.number(f.colour_matrix).number(f.colour_range).close(']');
  json.key("aspectPolicy").number(f.aspect_policy);
  json.key("sampleRate").number(f.sample_rate).key("channels").number(f.channels);
  planesTo(json, f);
  json.key("leadTicks").number(h.lead_ticks).key("historyTicks").number(h.history_ticks);
  json.key("slotCount").number(h.slot_count).key("bufferCount").number(h.buffer_count);
  json.key("guardNs").wide(static_cast<std::int64_t>(h.guard_ns));
  json.key("head").number(h.head_tick).key("oldest").number(h.oldest_tick);
  json.key("audioCommitted").wide(static_cast<std::int64_t>(h.audio_committed));
  json.key("mapping").open('{').key("sequence").number(static_cast<std::int64_t>(h.mapping.sequence));
  json.key("monoAnchor").wide(h.mapping.mono_anchor).key("houseAnchor").wide(h.mapping.house_anchor);
  json.key("ratePpb").number(h.mapping.rate_ppb).close('}').key("now").wide(bus.now);
  const std::uint64_t counters[] = {h.counters.committed, h.counters.holds,   h.counters.slates,
                                    h.counters.blacks,    h.counters.refused, h.counters.late_commits,
                                    h.counters.submitted};
  json.key("counters").open('[');
  for (const std::uint64_t count : counters) json.number(static_cast<std::int64_t>(count));
  json.close(']').close('}');
}

}  // namespace

std::uint32_t crc32(const void* bytes, std::size_t count, std::uint32_t sum) {
  sum = ~sum;
  for (std::size_t i = 0; i < count; ++i) {
    sum ^= static_cast<const unsigned char*>(bytes)[i];
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (0xedb88320u & (0u - (sum & 1)));
  }
  return ~sum;
}

std::string manifestOf(const BusRecord& bus, const std::vector<TickRecord>& ticks,
                       const std::vector<std::int64_t>& overruns) {
  Json head;
  busTo(head, bus);
  std::string text = "{\n\"bus\":" + head.text() + ",\n\"ticks\":[";
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    Json json;
    tickTo(json, ticks[i]);
    text += (i == 0 ? "\n" : ",\n") + json.text();
  }
  Json lost;
  lost.open('[');
  for (const std::int64_t tick : overruns) lost.number(tick);
  lost.close(']');
  return text + "\n],\n\"overruns\":" + lost.text() + "\n}\n";
}

}  // namespace retrovue::framebus::golden
