#pragma once
#include <napi.h>
#include <retrovue/libav/session.h>

#include <memory>

#include "plain_object.h"

namespace retrovue::decoder {

/// A picture on loan to JavaScript. Its memory is libav's own pooled buffer, or one that JavaScript has lent
/// to the session (and then it has the views): nothing is copied. It goes back
/// when JavaScript releases it, which makes its views length zero; what is dropped without a release goes
/// back when it is collected.
class LentPicture {
 public:
  LentPicture(libav::Picture picture, std::weak_ptr<libav::Session> session)
      : picture_(std::move(picture)), session_(std::move(session)) {}
  ~LentPicture() { giveBack(); }
  LentPicture(const LentPicture&) = delete;
  LentPicture& operator=(const LentPicture&) = delete;

  /// Drops the pixels and makes room for another picture. Idempotent.
  void giveBack();
  const libav::Picture& picture() const { return picture_; }

  /// The object of `NativePicture` in decoder-libav/src/native.ts.
  /// Null where the environment is ending; the picture has then gone back.
  static napi_value toJs(napi_env env, const std::shared_ptr<LentPicture>& lent, std::uint32_t formatIndex);
  /// One more reference to the pixels of what `toJs` gave, for who works on them on another thread; null after its release.
  static libav::FramePtr frameOf(napi_env env, napi_value given);
  /// Takes what `toJs` gave: detaches the views and gives the picture back.
  static void release(napi_env env, napi_value given);

 private:
  using Shared = std::shared_ptr<LentPicture>;
  static napi_value viewOf(napi_env env, const Shared& lent, std::uint32_t index);
  static bool addPlanes(napi_env env, const Shared& lent, ObjectWriter& it);
  static bool addPlace(napi_env env, const Shared& lent, ObjectWriter& it);

  libav::Picture picture_;
  std::weak_ptr<libav::Session> session_;
};

}  // namespace retrovue::decoder
