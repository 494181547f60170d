#include "still.h"

#include <algorithm>
#include <vector>

#include "addon_data.h"
#include "convert.h"
#include "jpeg.h"
#include "retrovue/addon/promise_job.h"

namespace retrovue::renderer {

Napi::Value makeStill(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto whole = [&](std::size_t at) { return info[at].As<Napi::Number>().Int32Value(); };
  const LentPlanes lent = lentPlanes(info[0].As<Napi::Array>(), info[1].As<Napi::Array>());
  StillSource source;
  source.width = whole(2);
  source.height = whole(3);
  source.pixelFormat = info[4].As<Napi::String>().Utf8Value();
  source.sarNum = std::max(1, whole(5));
  source.sarDen = std::max(1, whole(6));
  source.matrix = whole(7);
  source.range = whole(8);
  const int widthMax = whole(9);
  if (source.width <= 0 || source.height <= 0 || !holds(lent, source.pixelFormat, source.width, source.height))
    return addon::throwFailure(env, {"InvalidArgument", "The picture's planes are smaller than its format says."});
  source.planes = lent.planes;
  for (std::size_t p = 0; p < lent.strides.size(); ++p) source.strides[p] = static_cast<int>(lent.strides[p]);
  using Bytes = std::vector<std::uint8_t>;
  return addon::runJob<Bytes>(
      env, *env.GetInstanceData<AddonData>()->stills, {info[0], info[1]},
      [source, widthMax] { return encodeJpeg(source, widthMax); },
      [](Napi::Env jsEnv, Bytes bytes) -> Napi::Value {
        return Napi::Buffer<std::uint8_t>::Copy(jsEnv, bytes.data(), bytes.size());
      });
}

}  // namespace retrovue::renderer
