#include "ts_muxer.h"

#include <algorithm>

#include "wire_time.h"

namespace retrovue::renderer {
namespace {

/// Clock references lie at most this far apart. The limit in use is 40 ms (ETSI TR 101 290, 5.2.2).
constexpr std::int64_t kClockEveryNs = 36'000'000;
/// Tables lie at most this far apart (DVB's recommendation; the limit is 500 ms).
constexpr std::int64_t kTablesEveryNs = 100'000'000;
/// The limit is 2 s (ETSI TR 101 211, 4.4).
constexpr std::int64_t kNamesEveryNs = 1'000'000'000;
/// Bytes of a name, so that its section fits a packet.
constexpr std::size_t kNameBytesMax = 150;

struct StreamType {
  std::uint8_t type;
  /// Four letters of a registration descriptor, or none.
  const char* registration;
};

/// ISO/IEC 13818-1, table 2-34; AC-3 by ATSC A/52, annex A.
StreamType pictureType(const std::string& codec) {
  if (codec == "h264") return {0x1b, nullptr};
  if (codec == "hevc") return {0x24, "HEVC"};
  return {0x02, nullptr};
}

StreamType soundType(const std::string& codec, std::uint32_t sampleRate) {
  if (codec == "aac") return {0x0f, nullptr};
  if (codec == "ac3") return {0x81, "AC-3"};
  // MPEG-1 has 32, 44.1 and 48 kHz; the half of them are MPEG-2's.
  return {static_cast<std::uint8_t>(sampleRate >= 32'000 ? 0x03 : 0x04), nullptr};
}

void appendStream(std::vector<std::uint8_t>& into, StreamType type, std::uint16_t pid) {
  into.push_back(type.type);
  into.push_back(static_cast<std::uint8_t>(0xe0 | pid >> 8));
  into.push_back(static_cast<std::uint8_t>(pid));
  into.push_back(0xf0);
  into.push_back(type.registration == nullptr ? 0 : 6);
  if (type.registration == nullptr) return;
  into.push_back(0x05);
  into.push_back(4);
  into.insert(into.end(), type.registration, type.registration + 4);
}

/// The fixed part of an ADTS header (ISO/IEC 13818-7, 6.2): AAC-LC, one frame, without CRC.
std::array<std::uint8_t, 7> adtsFor(std::uint32_t sampleRate, int channels) {
  constexpr std::array<std::uint32_t, 13> rates{96'000, 88'200, 64'000, 48'000, 44'100, 32'000, 24'000,
                                                22'050, 16'000, 12'000, 11'025, 8'000,  7'350};
  const auto index = static_cast<unsigned>(std::find(rates.begin(), rates.end(), sampleRate) - rates.begin());
  const unsigned layout = channels == 8 ? 7 : static_cast<unsigned>(channels);
  return {0xff,
          0xf1,
          static_cast<std::uint8_t>(1 << 6 | (index & 15) << 2 | layout >> 2),
          static_cast<std::uint8_t>((layout & 3) << 6),
          0,
          0x1f,
          0xfc};
}

/// ETSI EN 300 468, table 89: what a receiver must decode to show it.
std::uint8_t serviceType(const EncodeSpec& spec) {
  if (spec.videoCodec == "mpeg2video") return 0x01;
  if (spec.videoCodec == "hevc") return 0x1f;
  return spec.height > 576 ? 0x19 : 0x16;
}

/// A name as DVB writes it (ETSI EN 300 468, annex A): plain where it is ASCII, else marked as UTF-8. Cut between characters.
std::vector<std::uint8_t> dvbText(const std::string& name) {
  std::size_t length = std::min(name.size(), kNameBytesMax);
  while (length < name.size() && length > 0 && (name[length] & 0xc0) == 0x80) --length;
  std::vector<std::uint8_t> text;
  if (std::any_of(name.begin(), name.end(), [](char letter) { return (letter & 0x80) != 0; })) text.push_back(0x15);
  for (std::size_t i = 0; i < length; ++i)
    if (static_cast<std::uint8_t>(name[i]) >= 0x20) text.push_back(static_cast<std::uint8_t>(name[i]));
  return text;
}

/// The service description of transport stream 1 (ETSI EN 300 468, 5.2.3): one service, number 1, running, without guides.
std::vector<std::uint8_t> namesSection(const EncodeSpec& spec) {
  std::vector<std::uint8_t> section;
  const std::vector<std::uint8_t> name = dvbText(spec.serviceName);
  if (name.empty()) return section;
  const auto size = static_cast<std::uint8_t>(name.size());
  // Network, service, no guides, running, descriptors' length; the service descriptor with no provider.
  std::vector<std::uint8_t> body{0xff, 0x01, 0xff, 0, 1, 0xfc, 0x80, static_cast<std::uint8_t>(size + 5),
                                 0x48, static_cast<std::uint8_t>(size + 3), serviceType(spec), 0, size};
  body.insert(body.end(), name.begin(), name.end());
  appendSection(section, 0x42, 1, body);
  return section;
}

}  // namespace

TsMuxer::TsMuxer(const EncodeSpec& spec)
    : grid_(spec.grid),
      isAc3_(spec.audioCodec == "ac3"),
      isAac_(spec.audioCodec == "aac"),
      adts_(adtsFor(spec.grid.sampleRate, spec.channels)) {
  const std::int64_t tickNs = grid_.tickTime(1);
  portions_ = (tickNs + kClockEveryNs - 1) / kClockEveryNs;
  tablesEvery_ = std::max<std::int64_t>(1, kTablesEveryNs / tickNs);
  namesEvery_ = std::max<std::int64_t>(1, kNamesEveryNs / tickNs);
  names_ = namesSection(spec);
  // One programme, number 1, whose map is at kTablesPid.
  const std::array<std::uint8_t, 4> programme{0, 1, 0xe0 | kTablesPid >> 8, kTablesPid & 0xff};
  appendSection(association_, 0x00, 1, programme);
  std::vector<std::uint8_t> map{0xe0 | kPicturePid >> 8, kPicturePid & 0xff, 0xf0, 0};
  appendStream(map, pictureType(spec.videoCodec), kPicturePid);
  appendStream(map, soundType(spec.audioCodec, grid_.sampleRate), kSoundPid);
  appendSection(map_, 0x02, 1, map);
}

void TsMuxer::writeTables(std::vector<std::uint8_t>& into) {
  writeSection(associationPid_, association_, into);
  writeSection(mapPid_, map_, into);
}

void TsMuxer::writeSection(TsPid& pid, const std::vector<std::uint8_t>& section, std::vector<std::uint8_t>& into) {
  // What is left of a packet with tables is filled behind the section (2.4.4.1). Two bytes less than fit, so that a
  // PID's first packet has room for its mark.
  std::array<std::uint8_t, kTsPacketBytes - 6> filled;
  filled.fill(0xff);
  std::copy(section.begin(), section.end(), filled.begin());
  pid.unit(filled, {}, {}, into);
}

void TsMuxer::writePicture(const StreamUnit& unit, std::optional<std::int64_t> pcr, std::vector<std::uint8_t>& into) {
  const auto bytes = unit.bytes();
  const PesHeader header = pesHeader(0xe0, ptsOfTick(grid_, unit.index), 0);
  Adaptation adaptation;
  adaptation.randomAccess = unit.isKey;
  adaptation.pcr = pcr;
  picturePid_.unit(header.bytes, bytes, adaptation, into);
}

void TsMuxer::writeSound(const StreamUnit& unit, std::vector<std::uint8_t>& into) {
  const auto bytes = unit.bytes();
  const std::size_t inFront = isAac_ ? adts_.size() : 0;
  const PesHeader header =
      pesHeader(isAc3_ ? 0xbd : 0xc0, ptsOfSample(grid_, unit.index), bytes.size() + inFront);
  std::array<std::uint8_t, 21> head;
  std::copy(header.bytes.begin(), header.bytes.end(), head.begin());
  if (isAac_) {
    const std::size_t length = bytes.size() + adts_.size();
    auto adts = adts_;
    adts[3] = static_cast<std::uint8_t>(adts[3] | length >> 11);
    adts[4] = static_cast<std::uint8_t>(length >> 3);
    adts[5] = static_cast<std::uint8_t>((length & 7) << 5 | adts[5]);
    std::copy(adts.begin(), adts.end(), head.begin() + header.bytes.size());
  }
  soundPid_.unit(std::span(head).first(header.bytes.size() + inFront), bytes, {}, into);
}

void TsMuxer::write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
                    TickBytes& into) {
  const std::uint8_t counterBefore = picturePid_.lastCounter();
  into.tick = tick;
  if (std::any_of(pictures.begin(), pictures.end(), [](const StreamUnit& unit) { return unit.isKey; }))
    into.randomAccess = 0;
  if (into.randomAccess || isFirst_ || tick % tablesEvery_ == 0) writeTables(into.bytes);
  std::optional<std::int64_t> pcr = pcrOfTick(grid_, tick, 0, portions_, kDecoderDelay);
  for (const StreamUnit& unit : pictures) {
    writePicture(unit, pcr, into.bytes);
    pcr.reset();
  }
  if (pcr) picturePid_.clock(*pcr, counterBefore, into.bytes);
  for (const StreamUnit& unit : sounds) writeSound(unit, into.bytes);
  // Behind the picture: nothing stands between a key frame and its tables.
  if (!names_.empty() && (isFirst_ || tick % namesEvery_ == 0)) writeSection(namesPid_, names_, into.bytes);
  isFirst_ = false;
  into.portions.push_back(0);
  if (portions_ > 1) cut(tick, counterBefore, into);
}

void TsMuxer::cut(std::int64_t tick, std::uint8_t counterBefore, TickBytes& into) {
  packets_.swap(into.bytes);
  into.bytes.clear();
  const auto count = static_cast<std::int64_t>(packets_.size() / kTsPacketBytes);
  const auto isPicture = [](auto packet) { return ((packet[1] & 0x1f) << 8 | packet[2]) == kPicturePid; };
  // The tick's own clock comes with the first packet of the pictures' PID.
  std::int64_t first = 0;
  while (!isPicture(packets_.begin() + first * static_cast<std::ptrdiff_t>(kTsPacketBytes))) ++first;
  std::uint8_t counter = counterBefore;
  std::int64_t portion = 1;
  for (std::int64_t at = 0; at <= count; ++at) {
    for (; portion < portions_ && at == std::max(first + 1, count * portion / portions_); ++portion) {
      into.portions.push_back(into.bytes.size());
      picturePid_.clock(pcrOfTick(grid_, tick, portion, portions_, kDecoderDelay), counter, into.bytes);
    }
    if (at == count) break;
    const auto packet = packets_.begin() + at * static_cast<std::ptrdiff_t>(kTsPacketBytes);
    if (isPicture(packet)) counter = packet[3] & 15;
    into.bytes.insert(into.bytes.end(), packet, packet + kTsPacketBytes);
  }
}

}  // namespace retrovue::renderer
