#include "convert.h"

namespace retrovue::decoder {

Napi::Value toNanoseconds(Napi::Env env, std::int64_t ns) {
  return Napi::BigInt::New(env, ns);
}

std::int64_t fromNanoseconds(const Napi::Value& value) {
  bool isLossless = false;
  return value.As<Napi::BigInt>().Int64Value(&isLossless);
}

namespace {

Napi::Object ratio(Napi::Env env, int num, int den) {
  Napi::Object it = Napi::Object::New(env);
  it.Set("num", num);
  it.Set("den", den);
  return it;
}

}  // namespace

Napi::Object toJs(Napi::Env env, const libav::PictureFormat& format) {
  Napi::Object colour = Napi::Object::New(env);
  colour.Set("primaries", format.primaries);
  colour.Set("transfer", format.transfer);
  colour.Set("matrix", format.matrix);
  colour.Set("range", format.range);
  Napi::Object it = Napi::Object::New(env);
  it.Set("width", format.width);
  it.Set("height", format.height);
  it.Set("pixelFormat", format.pixelFormat);
  it.Set("sampleAspect", ratio(env, format.sampleAspectNum, format.sampleAspectDen));
  it.Set("colour", colour);
  it.Set("fieldOrder", format.fieldOrder);
  it.Set("rotation", format.rotation);
  return it;
}

Napi::Object toJs(Napi::Env env, const libav::SessionInfo& info) {
  Napi::Object it = Napi::Object::New(env);
  it.Set("container", info.container);
  it.Set("durationNs", toNanoseconds(env, info.duration));
  if (info.hasPicture) {
    Napi::Object picture = Napi::Object::New(env);
    picture.Set("codec", info.pictureCodec);
    picture.Set("decoder", info.pictureDecoder);
    picture.Set("format", toJs(env, info.pictureFormat));
    picture.Set("nominalRate", ratio(env, info.nominalRate.num, info.nominalRate.den));
    picture.Set("timeBase", ratio(env, info.pictureTimeBase.num, info.pictureTimeBase.den));
    picture.Set("still", info.isStill);
    it.Set("picture", picture);
  }
  if (info.hasSound) {
    Napi::Object sound = Napi::Object::New(env);
    sound.Set("codec", info.soundCodec);
    sound.Set("sampleRate", info.soundFormat.sampleRate);
    sound.Set("channels", info.soundFormat.channels);
    sound.Set("layout", info.soundFormat.layout);
    sound.Set("language", info.language);
    it.Set("sound", sound);
  }
  return it;
}

libav::SessionSpec specOf(const Napi::Object& options) {
  libav::SessionSpec spec;
  spec.uri = options.Get("uri").ToString().Utf8Value();
  const auto languages = options.Get("languages").As<Napi::Array>();
  for (std::uint32_t i = 0; i < languages.Length(); i++) {
    spec.languages.push_back(languages.Get(i).ToString().Utf8Value());
  }
  const auto threads = options.Get("threads").As<Napi::Object>();
  const Napi::Array codecs = threads.GetPropertyNames();
  for (std::uint32_t i = 0; i < codecs.Length(); i++) {
    const std::string codec = codecs.Get(i).ToString().Utf8Value();
    spec.threads.emplace_back(codec == "default" ? "" : codec, threads.Get(codec).ToNumber().Int32Value());
  }
  spec.picturesHeldMax = options.Get("picturesHeldMax").ToNumber().Int32Value();
  spec.picturesAhead = options.Get("picturesAhead").ToNumber().Int32Value();
  spec.soundAheadNs = options.Get("soundAheadMs").ToNumber().Int64Value() * 1'000'000;
  spec.isProbe = options.Get("isProbe").ToBoolean();
  spec.limits.ioTimeoutNs = options.Get("ioTimeoutMs").ToNumber().Int64Value() * 1'000'000;
  return spec;
}

}  // namespace retrovue::decoder
