#pragma once
#include <array>

#include "encode_spec.h"
#include "muxer.h"
#include "ts_packets.h"

namespace retrovue::renderer {

/// PIDs of the stream: one programme, the clock beside the pictures.
inline constexpr std::uint16_t kTablesPid = 0x1000, kPicturePid = 0x100, kSoundPid = 0x101;
/// Where DVB puts what services are called (ETSI EN 300 468, 5.1.3).
inline constexpr std::uint16_t kNamesPid = 0x11;

/// From a clock reference to the tick that it comes with, 27 MHz units: 300 ms. The time that a decoder has to receive a
/// picture (at most one tick) and its sound, whose last sample is encoded up to two frames (85 ms) after the picture's.
inline constexpr std::int64_t kDecoderDelay = 8'100'000;

/// Our own MPEG-TS: tables before each key frame and each 100 ms, the service's name each second, a clock reference each 36 ms
/// at most, whole PES packets.
/// Times are those of ticks and samples alone; the first packet of each PID says that its count is new. Variable rate.
class TsMuxer : public Muxer {
 public:
  explicit TsMuxer(const EncodeSpec& spec);

  void write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
             TickBytes& into) override;

 private:
  void writeTables(std::vector<std::uint8_t>& into);
  void writeSection(TsPid& pid, const std::vector<std::uint8_t>& section, std::vector<std::uint8_t>& into);
  void writePicture(const StreamUnit& unit, std::optional<std::int64_t> pcr, std::vector<std::uint8_t>& into);
  void writeSound(const StreamUnit& unit, std::vector<std::uint8_t>& into);
  /// Cuts what was written into portions, each with the clock of its time in front.
  void cut(std::int64_t tick, std::uint8_t counterBefore, TickBytes& into);

  const HouseGrid grid_;
  const bool isAc3_;
  const bool isAac_;
  std::array<std::uint8_t, 7> adts_{};
  std::int64_t portions_;
  std::int64_t tablesEvery_, namesEvery_;
  /// Sections; that of names is empty where there is none to tell.
  std::vector<std::uint8_t> association_, map_, names_;
  TsPid associationPid_{0}, namesPid_{kNamesPid}, mapPid_{kTablesPid}, picturePid_{kPicturePid}, soundPid_{kSoundPid};
  bool isFirst_ = true;
  /// A tick's packets before they are cut into portions; kept for its memory.
  std::vector<std::uint8_t> packets_;
};

}  // namespace retrovue::renderer
