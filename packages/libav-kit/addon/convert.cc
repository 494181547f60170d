#include "convert.h"

#include <algorithm>

#include "plain_object.h"

namespace retrovue::decoder {

namespace {

napi_value ratio(napi_env env, int num, int den) {
  return ObjectWriter(env).set("num", num).set("den", den).value();
}

/// As `StatedLight` of core/src/media/picture-format.ts.
napi_value toJs(napi_env env, const libav::StatedLight& light) {
  ObjectWriter it(env);
  if (light.masteringPeak >= 0) it.set("masteringPeakNits", light.masteringPeak);
  if (light.masteringFloor >= 0) it.set("masteringFloorNits", light.masteringFloor);
  if (light.contentPeak >= 0) it.set("contentPeakNits", light.contentPeak);
  if (light.frameAveragePeak >= 0) it.set("frameAveragePeakNits", light.frameAveragePeak);
  return it.value();
}

/// As `BufferLayout` of core/src/decoder/picture-supply.ts.
libav::BufferLayout layoutOf(napi_env env, napi_value given) {
  const auto number = [&](napi_value of) { return static_cast<int>(numberOf(env, of)); };
  const napi_value strides = property(env, given, "strides");
  const napi_value rows = property(env, given, "roomRows");
  libav::BufferLayout layout;
  layout.width = number(property(env, given, "width"));
  layout.height = number(property(env, given, "height"));
  layout.pixelFormat = textOf(env, property(env, given, "pixelFormat"));
  layout.planes = std::min(static_cast<int>(lengthOf(env, strides)), libav::loanPlanesMax);
  for (int i = 0; i < layout.planes; i++) {
    layout.strides[i] = number(element(env, strides, static_cast<std::uint32_t>(i)));
    layout.rows[i] = number(element(env, rows, static_cast<std::uint32_t>(i)));
  }
  return layout;
}

}  // namespace

napi_value toJs(napi_env env, const libav::PictureFormat& format) {
  ObjectWriter colour(env);
  colour.set("primaries", format.primaries).set("transfer", format.transfer);
  colour.set("matrix", format.matrix).set("range", format.range);
  ObjectWriter it(env);
  it.set("width", format.width).set("height", format.height).set("pixelFormat", format.pixelFormat);
  it.set("sampleAspect", ratio(env, format.sampleAspectNum, format.sampleAspectDen));
  it.set("colour", colour.value()).set("fieldOrder", format.fieldOrder).set("rotation", format.rotation);
  if (format.chromaPosition != nullptr) it.set("chromaPosition", format.chromaPosition);
  if (!(format.light == libav::StatedLight{})) it.set("light", toJs(env, format.light));
  return it.value();
}

napi_value toJs(napi_env env, const libav::StreamNeeds& needs) {
  const char* const profile = avcodec_profile_name(needs.codec, needs.profile);
  ObjectWriter it(env);
  it.set("codec", avcodec_get_name(needs.codec)).set("profile", profile != nullptr ? profile : "");
  it.set("profileNumber", needs.profile).set("depth", needs.depth).set("chroma", needs.chroma);
  it.set("width", needs.width).set("height", needs.height);
  return it.value();
}

napi_value toJs(napi_env env, std::shared_ptr<libav::HardwareDevice> device) {
  auto* held = new std::shared_ptr<libav::HardwareDevice>(std::move(device));
  const auto drop = [](napi_env, void* given, void*) {
    delete static_cast<std::shared_ptr<libav::HardwareDevice>*>(given);
  };
  napi_value value = nullptr;
  if (napi_create_external(env, held, drop, nullptr, &value) == napi_ok) return value;
  delete held;
  return nullptr;
}

std::shared_ptr<libav::HardwareDevice> deviceOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  void* held = nullptr;
  if (value == nullptr || napi_typeof(env, value, &type) != napi_ok || type != napi_external) return nullptr;
  if (napi_get_value_external(env, value, &held) != napi_ok) return nullptr;
  return *static_cast<std::shared_ptr<libav::HardwareDevice>*>(held);
}

napi_value toJs(napi_env env, const libav::SessionInfo& info) {
  ObjectWriter it(env);
  it.set("container", info.container).setLong("durationNs", info.duration);
  if (info.hasPicture) {
    ObjectWriter picture(env);
    picture.set("codec", info.pictureCodec).set("decoder", info.pictureDecoder);
    picture.set("format", toJs(env, info.pictureFormat)).set("still", info.isStill);
    picture.set("needs", toJs(env, info.pictureNeeds));
    picture.set("nominalRate", ratio(env, info.nominalRate.num, info.nominalRate.den));
    picture.set("timeBase", ratio(env, info.pictureTimeBase.num, info.pictureTimeBase.den));
    it.set("picture", picture.value());
  }
  if (info.hasSound) {
    ObjectWriter sound(env);
    sound.set("codec", info.soundCodec).set("layout", info.soundFormat.layout).set("language", info.language);
    sound.set("sampleRate", info.soundFormat.sampleRate).set("channels", info.soundFormat.channels);
    it.set("sound", sound.value());
  }
  return it.value();
}

libav::SessionSpec specOf(napi_env env, napi_value options) {
  constexpr std::int64_t nsPerMs = 1'000'000;
  const auto number = [&](const char* name) { return numberOf(env, property(env, options, name)); };
  libav::SessionSpec spec;
  spec.uri = textOf(env, property(env, options, "uri"));
  const napi_value languages = property(env, options, "languages");
  for (std::uint32_t i = 0; i < lengthOf(env, languages); i++) {
    spec.languages.push_back(textOf(env, element(env, languages, i)));
  }
  const napi_value threads = property(env, options, "threads");
  napi_value codecs = nullptr;
  if (threads != nullptr) napi_get_property_names(env, threads, &codecs);
  for (std::uint32_t i = 0; i < lengthOf(env, codecs); i++) {
    const std::string codec = textOf(env, element(env, codecs, i));
    const int count = static_cast<int>(numberOf(env, property(env, threads, codec.c_str())));
    spec.threads.emplace_back(codec == "default" ? "" : codec, count);
  }
  spec.threadsLearnt = static_cast<int>(number("threadsLearnt"));
  spec.picturesHeldMax = static_cast<int>(number("picturesHeldMax"));
  spec.picturesAhead = static_cast<int>(number("picturesAhead"));
  spec.soundAheadNs = static_cast<std::int64_t>(number("soundAheadMs")) * nsPerMs;
  spec.isProbe = truthOf(env, property(env, options, "isProbe"));
  spec.limits.ioTimeoutNs = static_cast<std::int64_t>(number("ioTimeoutMs")) * nsPerMs;
  spec.device = deviceOf(env, property(env, options, "device"));
  const napi_value buffers = property(env, options, "buffers");
  // Left out it is `undefined`, of which Node-API throws when asked for a property.
  napi_valuetype given = napi_undefined;
  if (buffers != nullptr && napi_typeof(env, buffers, &given) == napi_ok && given == napi_object) {
    spec.buffers = libav::LoanedBuffers::create(layoutOf(env, buffers));
  }
  return spec;
}

}  // namespace retrovue::decoder
