#include "devices.h"

#include <convert.h>
#include <plain_object.h>
#include <retrovue/addon/js_error.h>
#include <retrovue/addon/promise_job.h>
#include <retrovue/libav/hardware_device.h>
#include <retrovue/libav/standin_device.h>

#include "addon_data.h"

namespace retrovue::decoder {

namespace {

using Device = std::shared_ptr<libav::HardwareDevice>;

const Failure unknownKind{"InvalidArgument", "There is no device of that kind.", 0};

AVCodecID codecOf(const std::string& name) {
  const AVCodecDescriptor* found = avcodec_descriptor_get_by_name(name.c_str());
  return found != nullptr ? found->id : AV_CODEC_ID_NONE;
}

libav::StreamNeeds needsOf(napi_env env, napi_value given) {
  const auto number = [&](const char* name) { return static_cast<int>(numberOf(env, property(env, given, name))); };
  return {codecOf(textOf(env, property(env, given, "codec"))),
          number("profileNumber"),
          number("depth"),
          number("chroma"),
          number("width"),
          number("height")};
}

/// As `Capability` of src/native.ts.
napi_value rowToJs(napi_env env, const libav::Capability& row) {
  const char* const profile = avcodec_profile_name(row.codec, row.profile);
  ObjectWriter it(env);
  it.set("codec", avcodec_get_name(row.codec)).set("profile", profile != nullptr ? profile : "");
  it.set("depth", row.depth).set("chroma", row.chroma);
  it.set("widthMin", row.widthMin).set("heightMin", row.heightMin);
  it.set("widthMax", row.widthMax).set("heightMax", row.heightMax);
  it.set("macroblocksMax", static_cast<double>(row.macroblocksMax));
  return it.value();
}

Napi::Value describe(Napi::Env env, Device device) {
  napi_value rows = nullptr;
  if (napi_create_array(env, &rows) != napi_ok) return env.Undefined();
  std::uint32_t count = 0;
  for (const libav::Capability& row : device->capabilities()) {
    const napi_value one = rowToJs(env, row);
    if (one == nullptr || napi_set_element(env, rows, count++, one) != napi_ok) return env.Undefined();
  }
  ObjectWriter it(env);
  it.set("name", device->name()).set("kind", nameOf(device->kind()));
  it.set("model", device->model()).set("driver", device->driver()).set("capabilities", rows);
  it.set("handle", toJs(env, std::move(device)));
  return Napi::Value(env, it.value());
}

libav::StandinFaults::Wrong wrongOf(const std::string& name) {
  using Wrong = libav::StandinFaults::Wrong;
  if (name == "green") return Wrong::green;
  if (name == "colour") return Wrong::colour;
  if (name == "swapped") return Wrong::swapped;
  return Wrong::none;
}

libav::Capability capabilityOf(napi_env env, napi_value given) {
  const auto number = [&](const char* name) { return static_cast<int>(numberOf(env, property(env, given, name))); };
  libav::Capability it;
  it.codec = codecOf(textOf(env, property(env, given, "codec")));
  it.profile = FF_PROFILE_UNKNOWN;
  const std::string profile = textOf(env, property(env, given, "profile"));
  const AVCodecDescriptor* const descriptor = avcodec_descriptor_get(it.codec);
  const AVProfile* row = descriptor != nullptr && !profile.empty() ? descriptor->profiles : nullptr;
  for (; row != nullptr && row->profile != FF_PROFILE_UNKNOWN; row++) {
    if (profile == row->name) it.profile = row->profile;
  }
  it.depth = number("depth");
  it.chroma = number("chroma");
  it.widthMin = number("widthMin");
  it.heightMin = number("heightMin");
  it.widthMax = number("widthMax");
  it.heightMax = number("heightMax");
  it.macroblocksMax = static_cast<std::int64_t>(numberOf(env, property(env, given, "macroblocksMax")));
  return it;
}

/// As `NativeStandin` of src/native.ts, all fields there.
libav::StandinSpec standinOf(napi_env env, napi_value given, int index) {
  const auto at = [&](const char* name) { return property(env, given, name); };
  const auto number = [&](const char* name) { return static_cast<std::int64_t>(numberOf(env, at(name))); };
  libav::StandinSpec spec;
  spec.index = index;
  spec.model = textOf(env, at("model"));
  spec.driver = textOf(env, at("driver"));
  const napi_value rows = at("capabilities");
  for (std::uint32_t i = 0; i < lengthOf(env, rows); i++) {
    spec.capabilities.push_back(capabilityOf(env, element(env, rows, i)));
  }
  spec.sessionsMax = static_cast<int>(number("driverSessionsMax"));
  spec.faults.missing = textOf(env, at("missing"));
  spec.faults.errorAt = number("errorAt");
  spec.faults.lostAt = number("lostAt");
  spec.faults.wrong = wrongOf(textOf(env, at("wrong")));
  spec.faults.wrongAt = number("wrongAt");
  spec.faults.latencyUs = number("latencyUs");
  return spec;
}

}  // namespace

Napi::Value countDevices(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const auto kind = libav::deviceKindOf(textOf(env, call[0]));
  if (!kind) return addon::throwFailure(env, unknownKind);
  return addon::runJob<int>(
      env, env.GetInstanceData<AddonData>()->devices, {}, [kind] { return libav::countDevices(*kind); },
      [](Napi::Env jsEnv, int count) -> Napi::Value { return Napi::Number::New(jsEnv, count); });
}

Napi::Value openDevice(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const auto kind = libav::deviceKindOf(textOf(env, property(env, call[0], "kind")));
  if (!kind) return addon::throwFailure(env, unknownKind);
  const int index = static_cast<int>(numberOf(env, property(env, call[0], "index")));
  libav::StandinSpec standin;
  const bool isStandin = *kind == libav::DeviceKind::standin;
  if (isStandin) standin = standinOf(env, property(env, call[0], "standin"), index);
  return addon::runJob<Device>(
      env, env.GetInstanceData<AddonData>()->devices, {},
      [kind, index, isStandin, standin = std::move(standin)]() -> Expected<Device> {
        return isStandin ? libav::openStandin(standin) : libav::openDevice(*kind, index);
      },
      describe);
}

Napi::Value refusal(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const Device device = deviceOf(env, call[0]);
  if (device == nullptr) return addon::throwFailure(env, {"InvalidArgument", "That is no device.", 0});
  const auto why = device->refusal(needsOf(env, call[1]));
  return why ? Napi::Value(Napi::String::New(env, *why)) : env.Undefined();
}

}  // namespace retrovue::decoder
