#include "lent_picture.h"

#include <retrovue/libav/picture_format.h>

#include <cstring>

#include "convert.h"

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
Napi::Array ancillaryOf(Napi::Env env, const AVFrame& frame) {
  Napi::Array records = Napi::Array::New(env);
  for (const AncillaryKind& kind : ancillaryKinds) {
    const AVFrameSideData* found = av_frame_get_side_data(&frame, kind.type);
    if (found == nullptr || found->size == 0) continue;
    Napi::Object record = Napi::Object::New(env);
    record.Set("kind", kind.name);
    auto bytes = Napi::Uint8Array::New(env, found->size);
    std::memcpy(bytes.Data(), found->data, found->size);
    record.Set("bytes", bytes);
    records.Set(records.Length(), record);
  }
  return records;
}

using Shared = std::shared_ptr<LentPicture>;

}  // namespace

void LentPicture::giveBack() {
  if (picture_.frame == nullptr) return;
  picture_.frame.reset();
  if (const auto session = session_.lock()) session->giveBackPicture();
}

Napi::Object LentPicture::toJs(Napi::Env env, Shared lent, std::uint32_t formatIndex) {
  const libav::Picture& picture = lent->picture();
  const AVFrame& frame = *picture.frame;
  const auto pixels = static_cast<AVPixelFormat>(frame.format);
  const auto count = static_cast<std::uint32_t>(libav::portPlanes(pixels));
  Napi::Array planes = Napi::Array::New(env, count);
  Napi::Array strides = Napi::Array::New(env, count);
  for (std::uint32_t i = 0; i < count; i++) {
    const int plane = static_cast<int>(i);
    const int rows = libav::planeRows(pixels, plane, frame.height);
    const auto bytes = static_cast<std::size_t>(rows - 1) * static_cast<std::size_t>(frame.linesize[i]) +
                       static_cast<std::size_t>(libav::planeRowBytes(pixels, plane, frame.width));
    // Each view keeps the picture's shell; the pixels themselves go with `giveBack`.
    auto buffer = Napi::ArrayBuffer::New(
        env, frame.data[i], bytes, [](Napi::Env, void*, Shared* held) { delete held; }, new Shared(lent));
    planes.Set(i, Napi::Uint8Array::New(env, bytes, buffer, 0));
    strides.Set(i, Napi::Number::New(env, frame.linesize[i]));
  }
  Napi::Object it = Napi::Object::New(env);
  it.Set("planes", planes);
  it.Set("strides", strides);
  it.Set("formatIndex", formatIndex);
  it.Set("timeNs", toNanoseconds(env, picture.time));
  it.Set("durationNs", toNanoseconds(env, picture.duration));
  if (picture.sourcePts != AV_NOPTS_VALUE) it.Set("sourcePts", toNanoseconds(env, picture.sourcePts));
  it.Set("concealed", picture.concealed);
  it.Set("ancillary", ancillaryOf(env, frame));
  it.Set("lent", Napi::External<Shared>::New(env, new Shared(std::move(lent)),
                                             [](Napi::Env, Shared* held) { delete held; }));
  return it;
}

void LentPicture::release(Napi::Env, const Napi::Object& given) {
  const auto planes = given.Get("planes").As<Napi::Array>();
  for (std::uint32_t i = 0; i < planes.Length(); i++) {
    Napi::ArrayBuffer buffer = planes.Get(i).As<Napi::Uint8Array>().ArrayBuffer();
    if (!buffer.IsDetached()) buffer.Detach();
  }
  (*given.Get("lent").As<Napi::External<Shared>>().Data())->giveBack();
}

}  // namespace retrovue::decoder
