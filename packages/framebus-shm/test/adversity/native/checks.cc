#include "checks.h"

#include <dirent.h>

#include <algorithm>
#include <numeric>

namespace retrovue::framebus::adversity {

using namespace testing;

BusSpec trialSpec() {
  BusSpec spec = smallSpec();
  spec.sampleRate = 8'000;
  return spec;
}

void paint(std::byte* picture, std::uint64_t bytes, std::uint8_t shade) {
  auto* words = reinterpret_cast<std::uint64_t*>(picture);
  for (std::uint64_t i = 0; i < bytes / 8; ++i)
    __atomic_store_n(words + i, 0x0101010101010101u * shade, __ATOMIC_RELAXED);
}

bool hasShade(const rvfb_header& header, const rvfb_frame& frame, std::uint8_t shade) {
  const auto* words = reinterpret_cast<const std::uint64_t*>(frame.planes[0]);
  const std::uint64_t count =
      std::uint64_t{header.format.plane_stride[0]} * header.format.plane_picture_rows[0] / 8;
  bool same = true;
  for (std::uint64_t i = 0; i < count; ++i)
    same &= __atomic_load_n(words + i, __ATOMIC_RELAXED) == 0x0101010101010101u * shade;
  return same;
}

void putTogether(LaneWriter& lane, std::int64_t tick, std::uint32_t buffer) {
  const HouseGrid grid = trialSpec().grid();
  std::byte* const place = lane.place();
  REQUIRE(place != nullptr);
  auto* s = reinterpret_cast<rvfb_submission*>(place);
  const std::string title = std::to_string(tick);
  s->head = {};
  s->head.tick = tick;
  s->head.buffer = buffer;
  s->head.media_time_ns = tick * 1000;
  s->head.source_index = tick;
  std::memset(s->head.segment_id, 0xaa, sizeof s->head.segment_id);
  s->head.plan_revision = 7;
  // An asset of its own for each tick, so that the table's entries are reused all the time.
  s->head.asset_key = static_cast<std::uint64_t>(tick) + 1;
  s->head.title_bytes = static_cast<std::uint32_t>(title.size());
  std::memcpy(s->title, title.data(), title.size());
  std::memcpy(s->head.plane_offset, lane.header().format.plane_offset, sizeof s->head.plane_offset);
  s->head.has_sound = 1;
  s->head.sample_count = grid.samplesIn(tick);
  for (std::uint32_t c = 0; c < lane.shape().channels; ++c) {
    float* into = lane.sound(place, c);
    for (std::uint32_t i = 0; i < s->head.sample_count; ++i) into[i] = sampleOf(grid.sampleAt(tick) + i, c);
  }
}

void air(Bench& bench, LaneWriter& lane, std::int64_t tick) {
  bench.moveTo(std::max(bench.now, tick - 4));
  const std::uint32_t buffer = mustLoan(lane);
  paint(pixelsOf(lane, buffer), lane.header().format.picture_bytes, shadeOf(tick));
  putTogether(lane, tick, buffer);
  lane.submit();
  lane.release(buffer, false);
}

void checkTick(const Bench& bench, const Reader& reader, std::int64_t tick, Report& report) {
  const auto complain = [&](const std::string& what) {
    report.violation("tick " + std::to_string(tick) + ": " + what);
  };
  rvfb_frame frame{};
  const rvfb_status status = reader.read(tick, frame);
  if (status != RVFB_OK) return complain(std::string("not readable: ") + rvfb_status_text(status));
  report.count("ticksChecked");
  const rvfb_header& header = *rvfb_reader_header(reader.raw);
  const rvfb_slot& slot = frame.slot;
  if (slot.tick != tick) return complain("the slot of another tick");
  if (slot.house_time_ns != bench.grid.tickTime(tick)) complain("wrong house time");
  if (slot.sample_start != bench.grid.sampleAt(tick) || slot.sample_count != bench.grid.samplesIn(tick))
    complain("wrong samples");
  const std::uint32_t kind = slot.flags & (RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK);
  if ((kind & (kind - 1)) != 0) complain("more than one kind of stand-in");
  if ((kind == 0) != (slot.stand_in_reason == 0)) complain("a stand-in without reason, or a reason without");
  if (!rvfb_reader_intact(reader.raw, &slot)) complain("its buffer was lent again while it can be read");
  if (kind == 0 && slot.source_index != tick) complain("shows another tick's picture");
  if ((kind == 0 || kind == RVFB_FLAG_HOLD) && !hasShade(header, frame, shadeOf(slot.source_index)))
    complain("torn picture, not told");
  std::vector<float> left(slot.sample_count), right(slot.sample_count);
  float* into[2] = {left.data(), right.data()};
  if (!rvfb_reader_sound(reader.raw, &slot, into, 2))
    complain("its sound was overwritten while it can be read");
  // Nobody here says that sound is missing, but the committer where it fades sound in after a gap: 5 ms.
  if (kind == 0 && slot.silent_samples > bench.spec.sampleRate / 200) complain("more than a fade is missing");
  for (std::uint32_t i = slot.silent_samples; kind == 0 && i < slot.sample_count; ++i) {
    if (left[i] == sampleOf(slot.sample_start + i, 0) && right[i] == sampleOf(slot.sample_start + i, 1))
      continue;
    complain("wrong sound, not told");
    break;
  }
  rvfb_asset asset;
  if (kind != 0) return;
  if (rvfb_reader_asset(reader.raw, &slot, &asset) != RVFB_OK)
    return complain("its asset was replaced while it can be read");
  if (std::string(asset.title, asset.title_bytes) != std::to_string(tick)) complain("wrong asset, not told");
}

void checkReadable(const Bench& bench, const Reader& reader, Report& report) {
  const std::int64_t head = rvfb_reader_head(reader.raw);
  for (std::int64_t tick = std::max(rvfb_reader_oldest(reader.raw), bench.first); tick <= head; ++tick)
    checkTick(bench, reader, tick, report);
}

Strikes::Strikes(std::vector<std::string> parts,
                 const std::function<std::uint64_t(const std::string&)>& stepsToEnd)
    : parts_(std::move(parts)) {
  for (const auto& part : parts_) lengths_.push_back(stepsToEnd(part));
  for (std::size_t i = 0; i + 1 < lengths_.size(); ++i)
    lengths_[i] = lengths_[i] > lengths_[i + 1] ? lengths_[i] - lengths_[i + 1] : 0;
}

Strikes::Place Strikes::of(std::uint32_t trial, std::uint32_t count, std::uint64_t random) const {
  const std::size_t part = trial % parts_.size();
  const std::uint64_t turn = trial / parts_.size();
  const std::uint64_t turns = (count + parts_.size() - 1) / parts_.size();
  // The end of the part is a place, too.
  const std::uint64_t places = lengths_[part] + 1;
  const std::uint64_t begin = places * turn / turns;
  const std::uint64_t end = std::max(begin + 1, places * (turn + 1) / turns);
  return {parts_[part], begin + random % (end - begin)};
}

std::uint64_t Strikes::steps() const {
  return std::accumulate(lengths_.begin(), lengths_.end(), std::uint64_t{0});
}

int objectsOf(const Place& place) {
  int count = 0;
  DIR* const folder = ::opendir(place.directory.c_str());
  while (const dirent* entry = ::readdir(folder)) {
    if (std::string(entry->d_name).starts_with(place.prefix + ".")) ++count;
  }
  ::closedir(folder);
  return count;
}

}  // namespace retrovue::framebus::adversity
