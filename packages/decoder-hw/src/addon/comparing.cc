#include "comparing.h"

#include <lent_picture.h>
#include <plain_object.h>
#include <retrovue/addon/js_error.h>
#include <retrovue/addon/promise_job.h>
#include <retrovue/libav/picture_comparison.h>

#include "addon_data.h"

namespace retrovue::decoder {

Napi::Value comparePictures(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const std::shared_ptr<AVFrame> first = LentPicture::frameOf(env, call[0]);
  const std::shared_ptr<AVFrame> second = LentPicture::frameOf(env, call[1]);
  if (first == nullptr || second == nullptr)
    return addon::throwFailure(env, {"InvalidArgument", "A picture to be compared has gone back.", 0});
  return addon::runJob<libav::PictureComparison>(
      env, env.GetInstanceData<AddonData>()->comparing, {},
      [first, second] { return libav::comparePictures(*first, *second); },
      [](Napi::Env jsEnv, const libav::PictureComparison& found) {
        ObjectWriter it(jsEnv);
        it.set("exact", found.exact).set("psnrDb", found.psnrDb);
        it.set("firstPlaneDb", found.planesDb[0]).set("secondPlaneDb", found.planesDb[1]);
        it.set("thirdPlaneDb", found.planesDb[2]);
        return Napi::Value(jsEnv, it.value());
      });
}

}  // namespace retrovue::decoder
