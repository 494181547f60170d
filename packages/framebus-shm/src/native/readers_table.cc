#include "readers_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace retrovue::framebus {
namespace {

off_t offsetOf(std::uint32_t index) {
  return RVFB_READERS_BYTES + static_cast<off_t>(index) * RVFB_READER_ENTRY_BYTES;
}

}  // namespace

Expected<ReadersTable> ReadersTable::make(const std::string& directory, const std::string& path,
                                          std::uint64_t bytes) {
  auto object = SharedObject::make(directory, bytes, 0660);
  if (!object) return object.failure();
  rvfb_readers head{};
  head.magic = RVFB_MAGIC_READERS;
  head.layout_version = RVFB_LAYOUT_VERSION;
  head.entry_count = RVFB_READER_ENTRIES;
  head.entry_bytes = RVFB_READER_ENTRY_BYTES;
  std::memcpy(object->mapping()->at(), &head, sizeof head);
  object->unmap();
  if (auto locked = object->lock(); !locked) return locked.failure();
  auto linked = object->link(path);
  if (!linked && std::strcmp(linked.failure().code, "AlreadyExists") == 0) {
    ::unlink(path.c_str());
    linked = object->link(path);
  }
  if (!linked) return linked.failure();
  return ReadersTable(std::move(*object));
}

bool ReadersTable::readEntry(std::uint32_t index, rvfb_reader_entry& entry) const {
  return ::pread(object_.fd(), &entry, sizeof entry, offsetOf(index)) == static_cast<ssize_t>(sizeof entry);
}

bool ReadersTable::isHeld(std::uint32_t index) const {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = offsetOf(index);
  lock.l_len = RVFB_READER_ENTRY_BYTES;
  return ::fcntl(object_.fd(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::vector<ReaderRow> ReadersTable::rows() const {
  std::vector<ReaderRow> rows;
  for (std::uint32_t i = 0; i < RVFB_READER_ENTRIES; ++i) {
    rvfb_reader_entry entry;
    if (!readEntry(i, entry) || entry.pid == 0 || !isHeld(i)) continue;
    const std::size_t bytes = std::min<std::size_t>(entry.name_bytes, sizeof entry.name);
    // Shown as numbers in JavaScript: kept within what it holds exactly.
    constexpr std::int64_t kSafe = (std::int64_t{1} << 53) - 1;
    rows.push_back({std::string(entry.name, bytes), entry.pid,
                    std::clamp<std::int64_t>(entry.cursor_tick, RVFB_NO_TICK, kSafe),
                    std::min<std::uint64_t>(entry.overruns, kSafe)});
  }
  return rows;
}

bool ReadersTable::isWanted(std::int64_t since, std::int64_t now) const {
  for (std::uint32_t i = 0; i < RVFB_READER_ENTRIES; ++i) {
    rvfb_reader_entry entry;
    if (!readEntry(i, entry) || entry.pid == 0) continue;
    const std::int64_t seen = entry.last_seen_mono_ns;
    if ((seen >= since && seen <= now) || isHeld(i)) return true;
  }
  return false;
}

}  // namespace retrovue::framebus
