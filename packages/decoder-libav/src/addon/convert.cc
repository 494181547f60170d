#include "convert.h"

#include "plain_object.h"

namespace retrovue::decoder {

namespace {

napi_value ratio(napi_env env, int num, int den) {
  return ObjectWriter(env).set("num", num).set("den", den).value();
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
  return it.value();
}

napi_value toJs(napi_env env, const libav::SessionInfo& info) {
  ObjectWriter it(env);
  it.set("container", info.container).setLong("durationNs", info.duration);
  if (info.hasPicture) {
    ObjectWriter picture(env);
    picture.set("codec", info.pictureCodec).set("decoder", info.pictureDecoder);
    picture.set("format", toJs(env, info.pictureFormat)).set("still", info.isStill);
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
  spec.picturesHeldMax = static_cast<int>(number("picturesHeldMax"));
  spec.picturesAhead = static_cast<int>(number("picturesAhead"));
  spec.soundAheadNs = static_cast<std::int64_t>(number("soundAheadMs")) * nsPerMs;
  spec.isProbe = truthOf(env, property(env, options, "isProbe"));
  spec.limits.ioTimeoutNs = static_cast<std::int64_t>(number("ioTimeoutMs")) * nsPerMs;
  return spec;
}

}  // namespace retrovue::decoder
