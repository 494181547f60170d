#include "ts_packets.h"

#include <algorithm>

namespace retrovue::renderer {
namespace {

constexpr std::uint32_t kCrcPolynomial = 0x04c11db7;

std::array<std::uint32_t, 256> crcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value & 0x80000000) != 0 ? kCrcPolynomial : 0);
    table[i] = value;
  }
  return table;
}

/// Length byte, flags, clock reference: what an adaptation field takes before stuffing.
std::size_t adaptationBytes(const Adaptation& adaptation) {
  if (adaptation.isEmpty()) return 0;
  return adaptation.pcr ? 8 : 2;
}

/// Writes a field of `length` bytes in all, its length byte included; stuffs what is left.
void appendAdaptation(const Adaptation& adaptation, std::size_t length, std::vector<std::uint8_t>& into) {
  into.push_back(static_cast<std::uint8_t>(length - 1));
  if (length == 1) return;
  into.push_back(static_cast<std::uint8_t>((adaptation.discontinuity ? 0x80 : 0) |
                                           (adaptation.randomAccess ? 0x40 : 0) | (adaptation.pcr ? 0x10 : 0)));
  std::size_t written = 2;
  if (adaptation.pcr) {
    const auto field = pcrField(*adaptation.pcr);
    into.insert(into.end(), field.begin(), field.end());
    written += field.size();
  }
  into.insert(into.end(), length - written, 0xff);
}

void appendHeader(std::uint16_t pid, bool isStart, bool hasAdaptation, bool hasPayload, std::uint8_t counter,
                  std::vector<std::uint8_t>& into) {
  into.push_back(0x47);
  into.push_back(static_cast<std::uint8_t>((isStart ? 0x40 : 0) | pid >> 8));
  into.push_back(static_cast<std::uint8_t>(pid));
  into.push_back(static_cast<std::uint8_t>((hasAdaptation ? 0x20 : 0) | (hasPayload ? 0x10 : 0) | counter));
}

}  // namespace

std::array<std::uint8_t, 6> pcrField(std::int64_t pcr) {
  const auto byte = [](auto value) { return static_cast<std::uint8_t>(value); };
  const std::int64_t base = pcr / 300, extension = pcr % 300;
  return {byte(base >> 25), byte(base >> 17),
          byte(base >> 9),  byte(base >> 1),
          byte((base & 1) << 7 | 0x7e | extension >> 8), byte(extension)};
}

int pidOf(std::span<const std::uint8_t> packet) {
  return (packet[1] & 0x1f) << 8 | packet[2];
}

bool isUnitStart(std::span<const std::uint8_t> packet) {
  return (packet[1] & 0x40) != 0;
}

bool hasPayload(std::span<const std::uint8_t> packet) {
  return (packet[3] & 0x10) != 0;
}

bool hasPcr(std::span<const std::uint8_t> packet) {
  return (packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & 0x10) != 0;
}

std::uint32_t psiCrc(std::span<const std::uint8_t> bytes) {
  static const std::array<std::uint32_t, 256> table = crcTable();
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) crc = crc << 8 ^ table[(crc >> 24 ^ byte) & 0xff];
  return crc;
}

void TsPid::unit(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body, Adaptation adaptation,
                 std::vector<std::uint8_t>& into) {
  adaptation.discontinuity = adaptation.discontinuity || isNew_;
  isNew_ = false;
  for (bool isStart = true; !head.empty() || !body.empty(); isStart = false) {
    packet(head, body, isStart, adaptation, into);
    adaptation = {};
  }
}

void TsPid::packet(std::span<const std::uint8_t>& head, std::span<const std::uint8_t>& body, bool isStart,
                   const Adaptation& adaptation, std::vector<std::uint8_t>& into) {
  const std::size_t room = kTsPacketBytes - 4 - adaptationBytes(adaptation);
  const std::size_t payload = std::min(room, head.size() + body.size());
  const std::size_t field = kTsPacketBytes - 4 - payload;
  appendHeader(pid_, isStart, field > 0, true, counter_, into);
  counter_ = (counter_ + 1) & 15;
  if (field > 0) appendAdaptation(adaptation, field, into);
  const std::size_t ofHead = std::min(payload, head.size());
  into.insert(into.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(ofHead));
  head = head.subspan(ofHead);
  const std::size_t ofBody = payload - ofHead;
  into.insert(into.end(), body.begin(), body.begin() + static_cast<std::ptrdiff_t>(ofBody));
  body = body.subspan(ofBody);
}

void TsPid::clock(std::int64_t pcr, std::uint8_t counter, std::vector<std::uint8_t>& into) const {
  appendHeader(pid_, false, true, false, counter, into);
  Adaptation adaptation;
  adaptation.pcr = pcr;
  adaptation.discontinuity = isNew_;
  appendAdaptation(adaptation, kTsPacketBytes - 4, into);
}

void appendSection(std::vector<std::uint8_t>& into, std::uint8_t table, std::uint16_t id,
                   std::span<const std::uint8_t> bytes) {
  into.push_back(0);  // pointer_field
  const std::size_t begin = into.size();
  const std::size_t length = 5 + bytes.size() + 4;
  into.push_back(table);
  // DVB's own tables have a one where MPEG's have a zero (ETSI EN 300 468, 5.1.1).
  into.push_back(static_cast<std::uint8_t>((table < 0x40 ? 0xb0 : 0xf0) | length >> 8));
  into.push_back(static_cast<std::uint8_t>(length));
  into.push_back(static_cast<std::uint8_t>(id >> 8));
  into.push_back(static_cast<std::uint8_t>(id));
  into.push_back(0xc1);  // version 0, in force
  into.push_back(0);
  into.push_back(0);
  into.insert(into.end(), bytes.begin(), bytes.end());
  const std::uint32_t crc = psiCrc(std::span(into).subspan(begin));
  for (int shift = 24; shift >= 0; shift -= 8) into.push_back(static_cast<std::uint8_t>(crc >> shift));
}

PesHeader pesHeader(std::uint8_t streamId, std::int64_t pts, std::size_t payloadBytes) {
  const std::size_t rest = payloadBytes == 0 ? 0 : payloadBytes + 8;
  const std::size_t length = rest > 0xffff ? 0 : rest;
  const auto byte = [](auto value) { return static_cast<std::uint8_t>(value); };
  return {{0, 0, 1, streamId, byte(length >> 8), byte(length), 0x84, 0x80, 5, byte(0x21 | (pts >> 29 & 0x0e)),
           byte(pts >> 22), byte(0x01 | (pts >> 14 & 0xfe)), byte(pts >> 7), byte(0x01 | (pts << 1 & 0xfe))}};
}

}  // namespace retrovue::renderer
