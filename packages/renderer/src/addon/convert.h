#pragma once
#include <napi.h>

#include <array>
#include <cstdint>
#include <optional>

#include "encode_spec.h"
#include "tick_source.h"

namespace retrovue::renderer {

/// Planes as JavaScript lends them: at most four, with the bytes that each really has.
struct LentPlanes {
  std::array<const std::uint8_t*, 4> planes{};
  std::array<std::size_t, 4> strides{};
  std::array<std::size_t, 4> bytes{};
};
LentPlanes lentPlanes(const Napi::Array& planes, const Napi::Array& strides);

/// True where each plane of such a picture is there and long enough.
bool holds(const LentPlanes& lent, const std::string& pixelFormat, int width, int height);

/// From the fields of src/encode-spec.ts; their values are checked there.
EncodeSpec encodeSpecOf(const Napi::Object& from);
/// From a `ClockMapping`.
ClockMapping mappingOf(const Napi::Object& from);

}  // namespace retrovue::renderer
