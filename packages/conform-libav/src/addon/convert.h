#pragma once
#include <napi.h>

#include <array>
#include <optional>

#include "picture_worker.h"

namespace retrovue::conform {

/// A picture as JavaScript lends it: planes over native memory, with the bytes that each really has.
struct LentPlanes {
  PictureOut planes;
  PlaneBytes bytes{};
};

/// Reads `planes` and `strides` of a picture; more than four planes are ignored, ones that are missing have no bytes. Views
/// whose buffer was detached have none either.
inline LentPlanes lentPlanes(Napi::Env env, napi_value planes, napi_value strides) {
  LentPlanes lent;
  std::uint32_t count = 0;
  if (napi_get_array_length(env, planes, &count) != napi_ok) return lent;
  for (std::uint32_t i = 0; i < count && i < lent.bytes.size(); ++i) {
    napi_value view = nullptr, stride = nullptr;
    double number = 0;
    napi_typedarray_type type{};
    std::size_t length = 0;
    void* at = nullptr;
    if (napi_get_element(env, planes, i, &view) != napi_ok || napi_get_element(env, strides, i, &stride) != napi_ok ||
        napi_get_typedarray_info(env, view, &type, &length, &at, nullptr, nullptr) != napi_ok ||
        napi_get_value_double(env, stride, &number) != napi_ok || type != napi_uint8_array || !(number >= 0)) {
      continue;
    }
    lent.planes.plane[i] = static_cast<std::uint8_t*>(at);
    lent.planes.stride[i] = static_cast<std::size_t>(number);
    lent.bytes[i] = at == nullptr ? 0 : length;
  }
  return lent;
}

/// One `Float32Array` per channel, each at least `samples` long from `offset` on; empty where one is not.
inline std::vector<float*> lentChannels(Napi::Env env, napi_value channels, std::int64_t offset, std::int64_t samples) {
  std::vector<float*> lent;
  std::uint32_t count = 0;
  if (napi_get_array_length(env, channels, &count) != napi_ok || offset < 0 || samples < 0) return lent;
  for (std::uint32_t i = 0; i < count; ++i) {
    napi_value view = nullptr;
    napi_typedarray_type type{};
    std::size_t length = 0;
    void* at = nullptr;
    if (napi_get_element(env, channels, i, &view) != napi_ok ||
        napi_get_typedarray_info(env, view, &type, &length, &at, nullptr, nullptr) != napi_ok ||
        type != napi_float32_array || offset + samples > static_cast<std::int64_t>(length)) {
      return {};
    }
    lent.push_back(static_cast<float*>(at) + offset);
  }
  return lent;
}

/// A recipe from its numbers, in the order that recipe.ts writes them; nothing where there are not as many as there must
/// be or a format is not one of ours. What they say is checked by `PictureConverter::check`.
inline std::optional<Recipe> recipeOf(const Napi::Float64Array& numbers) {
  if (numbers.ElementLength() != recipeNumbers) return std::nullopt;
  std::size_t at = 0;
  const auto real = [&] { return numbers[at++]; };
  const auto whole = [&] {
    const double value = real();
    return value >= -1e9 && value <= 1e9 ? static_cast<int>(value) : -1;
  };
  const auto format = [&] { return whole(); };
  const auto colour = [&] {
    Colour made;
    made.primaries = whole();
    made.transfer = whole();
    made.matrix = whole();
    made.full = whole() == 1;
    return made;
  };
  Recipe recipe;
  const int source = format();
  recipe.sourceWidth = whole();
  recipe.sourceHeight = whole();
  recipe.sourceColour = colour();
  const int order = whole();
  recipe.rotation = whole();
  recipe.cutX = real();
  recipe.cutY = real();
  recipe.cutWidth = real();
  recipe.cutHeight = real();
  const int program = format();
  recipe.programWidth = whole();
  recipe.programHeight = whole();
  recipe.programColour = colour();
  recipe.placeX = whole();
  recipe.placeY = whole();
  recipe.placeWidth = whole();
  recipe.placeHeight = whole();
  recipe.filter = whole() == 1 ? Filter::lanczos : Filter::bicubic;
  recipe.toneMapped = whole() == 1;
  const int chroma = whole();
  recipe.sourcePeak = whole();
  const auto isFormat = [](int index) { return index >= 0 && index < pixelFormatCount; };
  if (!isFormat(source) || !isFormat(program) || order < 0 || order > 2 || chroma < 0 || chroma > 5) return std::nullopt;
  recipe.chroma = static_cast<ChromaPosition>(chroma);
  recipe.sourceFormat = static_cast<PixelFormat>(source);
  recipe.programFormat = static_cast<PixelFormat>(program);
  recipe.fieldOrder = static_cast<FieldOrder>(order);
  return recipe;
}

}  // namespace retrovue::conform
