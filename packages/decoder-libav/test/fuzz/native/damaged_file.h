#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/descriptor_io.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace retrovue::fuzz {

/// Bytes that replace what is at a place.
struct Patch {
  std::size_t offset = 0;
  std::vector<std::uint8_t> bytes;
};

/// What is done to a file, in this order.
struct Damage {
  std::vector<Patch> patches;
  /// Bytes that are left; negative for all.
  std::int64_t cut = -1;
};

/// Reads "-" or "offset:hex,offset:hex"; false where it is neither.
bool readPatches(const std::string& text, std::vector<Patch>& into);

/// A copy of a file in memory with the damage done: a regular file to whoever reads it.
Expected<std::shared_ptr<const libav::Descriptor>> damagedCopy(const std::string& path, const Damage& damage);

}  // namespace retrovue::fuzz
