#include "lent_picture.h"

#include <retrovue/libav/picture_format.h>

#include <cstring>

#include "plain_object.h"

namespace retrovue::decoder {

namespace {

struct AncillaryKind {
  AVFrameSideDataType type;
  const char* name;
};

constexpr AncillaryKind ancillaryKinds[] = {
    {AV_FRAME_DATA_A53_CC, "cea708"},
    {AV_FRAME_DATA_AFD, "afd"},
    {AV_FRAME_DATA_S12M_TIMECODE, "timecode"},
};

/// A few bytes each, so they are copied.
napi_value ancillaryOf(napi_env env, const AVFrame& frame) {
  napi_value records = nullptr;
  if (napi_create_array(env, &records) != napi_ok) return nullptr;
  std::uint32_t count = 0;
  for (const AncillaryKind& kind : ancillaryKinds) {
    const AVFrameSideData* found = av_frame_get_side_data(&frame, kind.type);
    if (found == nullptr || found->size == 0) continue;
    void* into = nullptr;
    napi_value buffer = nullptr;
    napi_value bytes = nullptr;
    if (napi_create_arraybuffer(env, found->size, &into, &buffer) != napi_ok) return nullptr;
    std::memcpy(into, found->data, found->size);
    napi_create_typedarray(env, napi_uint8_array, found->size, buffer, 0, &bytes);
    const napi_value record = ObjectWriter(env).set("kind", kind.name).set("bytes", bytes).value();
    if (record == nullptr || napi_set_element(env, records, count++, record) != napi_ok) return nullptr;
  }
  return records;
}

}  // namespace

void LentPicture::giveBack() {
  if (picture_.frame == nullptr) return;
  picture_.frame.reset();
  if (const auto session = session_.lock()) session->giveBackPicture();
}

/// A view of one plane. It keeps the picture's shell; the pixels themselves go with `giveBack`.
napi_value LentPicture::viewOf(napi_env env, const Shared& lent, std::uint32_t index) {
  const AVFrame& frame = *lent->picture().frame;
  const auto pixels = static_cast<AVPixelFormat>(frame.format);
  const int plane = static_cast<int>(index);
  const auto rows = static_cast<std::size_t>(libav::planeRows(pixels, plane, frame.height));
  const auto stride = static_cast<std::size_t>(frame.linesize[index]);
  const std::size_t bytes =
      (rows - 1) * stride + static_cast<std::size_t>(libav::planeRowBytes(pixels, plane, frame.width));
  auto* held = new Shared(lent);
  const auto drop = [](napi_env, void*, void* hint) { delete static_cast<Shared*>(hint); };
  napi_value buffer = nullptr;
  if (napi_create_external_arraybuffer(env, frame.data[index], bytes, drop, held, &buffer) != napi_ok) {
    delete held;
    return nullptr;
  }
  napi_value view = nullptr;
  napi_create_typedarray(env, napi_uint8_array, bytes, buffer, 0, &view);
  return view;
}

/// Views of the planes and their strides; false where the environment is ending.
bool LentPicture::addPlanes(napi_env env, const Shared& lent, ObjectWriter& it) {
  const AVFrame& frame = *lent->picture().frame;
  const auto count = static_cast<std::uint32_t>(libav::portPlanes(static_cast<AVPixelFormat>(frame.format)));
  napi_value planes = nullptr;
  napi_value strides = nullptr;
  if (napi_create_array_with_length(env, count, &planes) != napi_ok ||
      napi_create_array_with_length(env, count, &strides) != napi_ok) {
    return false;
  }
  for (std::uint32_t i = 0; i < count; i++) {
    napi_value stride = nullptr;
    const napi_value view = viewOf(env, lent, i);
    if (view == nullptr || napi_create_int32(env, frame.linesize[i], &stride) != napi_ok ||
        napi_set_element(env, planes, i, view) != napi_ok ||
        napi_set_element(env, strides, i, stride) != napi_ok) {
      return false;
    }
  }
  it.set("planes", planes).set("strides", strides);
  return true;
}

/// In a loaned buffer, of which JavaScript has views already: which one, and where the planes begin.
bool LentPicture::addPlace(napi_env env, const Shared& lent, ObjectWriter& it) {
  const auto& place = *lent->picture().place;
  const int count = libav::portPlanes(static_cast<AVPixelFormat>(lent->picture().frame->format));
  napi_value offsets = nullptr;
  if (napi_create_array_with_length(env, static_cast<std::size_t>(count), &offsets) != napi_ok) return false;
  for (int i = 0; i < count; i++) {
    napi_value offset = nullptr;
    if (napi_create_double(env, static_cast<double>(place.offsets[i]), &offset) != napi_ok ||
        napi_set_element(env, offsets, static_cast<std::uint32_t>(i), offset) != napi_ok) {
      return false;
    }
  }
  it.set("buffer", static_cast<double>(place.id)).set("offsets", offsets);
  return true;
}

napi_value LentPicture::toJs(napi_env env, const Shared& lent, std::uint32_t formatIndex) {
  const libav::Picture& picture = lent->picture();
  ObjectWriter it(env);
  if (!(picture.place ? addPlace(env, lent, it) : addPlanes(env, lent, it))) return nullptr;
  auto* held = new Shared(lent);
  napi_value handle = nullptr;
  const auto drop = [](napi_env, void* given, void*) { delete static_cast<Shared*>(given); };
  if (napi_create_external(env, held, drop, nullptr, &handle) != napi_ok) {
    delete held;
    return nullptr;
  }
  it.set("formatIndex", static_cast<double>(formatIndex));
  it.setLong("timeNs", picture.time).setLong("durationNs", picture.duration);
  if (picture.sourcePts != AV_NOPTS_VALUE) it.setLong("sourcePts", picture.sourcePts);
  it.set("parameters", picture.parameters);
  it.set("concealed", picture.concealed).set("ancillary", ancillaryOf(env, *picture.frame));
  it.set("lent", handle);
  return it.value();
}

libav::FramePtr LentPicture::frameOf(napi_env env, napi_value given) {
  void* held = nullptr;
  const napi_value handle = property(env, given, "lent");
  if (handle == nullptr || napi_get_value_external(env, handle, &held) != napi_ok) return nullptr;
  const AVFrame* const frame = (*static_cast<Shared*>(held))->picture().frame.get();
  return libav::FramePtr(frame != nullptr ? av_frame_clone(frame) : nullptr);
}

void LentPicture::release(napi_env env, napi_value given) {
  const napi_value planes = property(env, given, "planes");
  for (std::uint32_t i = 0; i < lengthOf(env, planes); i++) {
    napi_value buffer = nullptr;
    const napi_value view = element(env, planes, i);
    const bool isView = view != nullptr && napi_get_typedarray_info(env, view, nullptr, nullptr, nullptr,
                                                                    &buffer, nullptr) == napi_ok;
    // A view that cannot be detached must not be left on memory that is used again.
    if (!isView || napi_detach_arraybuffer(env, buffer) != napi_ok) return;
  }
  void* held = nullptr;
  const napi_value handle = property(env, given, "lent");
  if (handle != nullptr && napi_get_value_external(env, handle, &held) == napi_ok) {
    (*static_cast<Shared*>(held))->giveBack();
  }
}

}  // namespace retrovue::decoder
