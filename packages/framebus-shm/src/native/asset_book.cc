#include "asset_book.h"

namespace retrovue::framebus {
namespace {

/// FNV-1a, 64 bits; only finds candidates, the text decides.
std::uint64_t hashOf(std::string_view uri, std::string_view title) {
  std::uint64_t hash = 14695981039346656037ull;
  const auto add = [&hash](unsigned char c) { hash = (hash ^ c) * 1099511628211ull; };
  for (const char c : uri) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : title) add(static_cast<unsigned char>(c));
  return hash;
}

}  // namespace

std::string_view cutText(std::string_view text, std::size_t bytesMax) {
  if (text.size() <= bytesMax) return text;
  std::size_t end = bytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

AssetBook::AssetBook(BusStore& store) : store_(store), entries_(store.header().asset_count) {}

bool AssetBook::holds(std::uint32_t index, std::uint64_t hash, std::string_view uri,
                      std::string_view title) const {
  const Entry& entry = entries_[index];
  if (entry.lastTick < 0 || entry.hash != hash) return false;
  const rvfb_asset& asset = store_.asset(index);
  return uri == std::string_view(asset.uri, asset.uri_bytes) &&
         title == std::string_view(asset.title, asset.title_bytes);
}

AssetPlace AssetBook::placeOf(std::string_view uri, std::string_view title, std::int64_t tick,
                              std::int64_t oldest) {
  if (uri.empty() && title.empty()) return {};
  const std::string_view uriKept = cutText(uri, RVFB_URI_BYTES);
  const std::string_view titleKept = cutText(title, RVFB_TITLE_BYTES);
  const std::uint64_t hash = hashOf(uriKept, titleKept);
  const auto count = static_cast<std::uint32_t>(entries_.size());
  std::uint32_t reusable = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t index = (cursor_ + i) % count;
    if (holds(index, hash, uriKept, titleKept)) {
      entries_[index].lastTick = tick;
      return {index, static_cast<std::uint32_t>(store_.asset(index).generation)};
    }
    if (reusable == count && entries_[index].lastTick < oldest) reusable = index;
  }
  if (reusable == count) return {};
  store_.storeAsset(reusable, uriKept.data(), static_cast<std::uint32_t>(uriKept.size()), titleKept.data(),
                    static_cast<std::uint32_t>(titleKept.size()),
                    uriKept.size() < uri.size() || titleKept.size() < title.size());
  entries_[reusable] = {hash, tick};
  cursor_ = (reusable + 1) % count;
  return {reusable, static_cast<std::uint32_t>(store_.asset(reusable).generation)};
}

bool AssetBook::use(const AssetPlace& place, std::int64_t tick) {
  if (place.index >= entries_.size()) return place.index == RVFB_NO_ASSET;
  if (static_cast<std::uint32_t>(store_.asset(place.index).generation) != place.generation) return false;
  entries_[place.index].lastTick = tick;
  return true;
}

}  // namespace retrovue::framebus
