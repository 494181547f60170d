#pragma once
#include <napi.h>
#include <retrovue/addon/env_hook.h>
#include <retrovue/addon/js_signal.h>
#include <retrovue/libav/session.h>

#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace retrovue::decoder {

/// A session as JavaScript holds it. Every method answers at once: what is "not yet" is `undefined`, and the
/// callback given at construction is called when asking again may give more. So nothing is lost where nobody
/// waits any longer.
///
/// JavaScript's thread runs the methods; the session's threads raise the signal; closing is waited for by a
/// thread of its own, so that a file on dead storage blocks nobody.
class SessionObject : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SessionObject(const Napi::CallbackInfo& call);
  ~SessionObject() override;

 private:
  /// new Session({ fd, uri, languages, threads, … }, onChange). The descriptor stays the caller's.
  Napi::Value info(const Napi::CallbackInfo& call);
  Napi::Value format(const Napi::CallbackInfo& call);
  Napi::Value readPicture(const Napi::CallbackInfo& call);
  Napi::Value releasePicture(const Napi::CallbackInfo& call);
  Napi::Value readSound(const Napi::CallbackInfo& call);
  Napi::Value offerBuffer(const Napi::CallbackInfo& call);
  Napi::Value buffersAtHand(const Napi::CallbackInfo& call);
  Napi::Value returnedBuffers(const Napi::CallbackInfo& call);
  Napi::Value stopBuffers(const Napi::CallbackInfo& call);
  Napi::Value seek(const Napi::CallbackInfo& call);
  Napi::Value sought(const Napi::CallbackInfo& call);
  Napi::Value threadsWanted(const Napi::CallbackInfo& call);
  Napi::Value keepAlive(const Napi::CallbackInfo& call);
  Napi::Value close(const Napi::CallbackInfo& call);
  Napi::Value closed(const Napi::CallbackInfo& call);
  /// At the environment's end: nothing of JavaScript is touched any more.
  void abandon();

  std::unique_ptr<addon::JsSignal> signal_;
  std::shared_ptr<libav::Session> session_;
  /// Outlives the session: pictures in them may be held for longer.
  std::shared_ptr<libav::LoanedBuffers> buffers_;
  /// The buffers that were offered and not returned: while they are referred to, their memory stays mapped.
  std::map<std::uint32_t, napi_ref> offered_;
  std::vector<libav::PictureFormat> formats_;
  std::thread closer_;
  std::atomic<bool> isClosed_{false};
  std::unique_ptr<addon::EnvHook> hook_;  // After the signal, which its thread raises.
};

/// useBreadcrumbFile(fd): true where a table is there now.
Napi::Value useBreadcrumbs(const Napi::CallbackInfo& call);

/// For tests of what is kept: the process's heap, with `true` after all that is free was given back.
Napi::Value heapUse(const Napi::CallbackInfo& call);

}  // namespace retrovue::decoder
