#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace retrovue::renderer {

inline constexpr std::size_t kTsPacketBytes = 188;

/// CRC-32 of program specific information (ISO/IEC 13818-1, annex A).
std::uint32_t psiCrc(std::span<const std::uint8_t> bytes);

/// A clock reference of 27 MHz as it is written, from byte `kPcrAt` of its packet on.
inline constexpr std::size_t kPcrAt = 6;
std::array<std::uint8_t, 6> pcrField(std::int64_t pcr);

/// What the header of a whole packet says.
int pidOf(std::span<const std::uint8_t> packet);
bool isUnitStart(std::span<const std::uint8_t> packet);
bool hasPayload(std::span<const std::uint8_t> packet);
bool hasPcr(std::span<const std::uint8_t> packet);

/// What the adaptation field of a packet says besides its stuffing.
struct Adaptation {
  bool discontinuity = false;
  bool randomAccess = false;
  /// 27 MHz.
  std::optional<std::int64_t> pcr;

  bool isEmpty() const { return !discontinuity && !randomAccess && !pcr; }
};

/// Writes the transport packets of one PID and counts them. Its first packet says that the count is new (a successor
/// cannot know where its predecessor's stood).
class TsPid {
 public:
  explicit TsPid(std::uint16_t pid) : pid_(pid) {}

  /// Splits `head` followed by `body` into packets; the first marks the start of a payload unit and carries `adaptation`.
  void unit(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body, Adaptation adaptation,
            std::vector<std::uint8_t>& into);
  /// One packet without payload, for a clock reference where there is nothing else to send. Does not count, but repeats
  /// `counter`, that of the packet before it (2.4.3.3).
  void clock(std::int64_t pcr, std::uint8_t counter, std::vector<std::uint8_t>& into) const;
  /// Of the packet written last.
  std::uint8_t lastCounter() const { return (counter_ + 15) & 15; }

 private:
  void packet(std::span<const std::uint8_t>& head, std::span<const std::uint8_t>& body, bool isStart,
              const Adaptation& adaptation, std::vector<std::uint8_t>& into);

  const std::uint16_t pid_;
  std::uint8_t counter_ = 0;
  bool isNew_ = true;
};

/// Appends `bytes` as one section, with a pointer field in front and its CRC behind.
void appendSection(std::vector<std::uint8_t>& into, std::uint8_t table, std::uint16_t id,
                   std::span<const std::uint8_t> bytes);

/// A PES header with a PTS (33 bits). `bytes` of payload that follow, 0 for "until the next unit" (pictures only).
struct PesHeader {
  std::array<std::uint8_t, 14> bytes;
};
PesHeader pesHeader(std::uint8_t streamId, std::int64_t pts, std::size_t payloadBytes);

}  // namespace retrovue::renderer
