#pragma once
#include <napi.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "retrovue/addon/js_signal.h"
#include "retrovue/expected.h"

namespace retrovue::conform {

/// Promises of work that ends on another thread. Each pins what its work touches until it is settled. One signal serves
/// them all, so that a picture costs no thread-safe function of its own.
///
/// Everything but `finish` is for the JS thread.
class Completions {
 public:
  explicit Completions(Napi::Env env);
  ~Completions();

  /// A promise, and the number to finish it by.
  std::pair<Napi::Promise, std::uint64_t> begin(Napi::Env env, const std::vector<napi_value>& pinned);
  /// Any thread: the work of this number is done. Settles the promise soon.
  void finish(std::uint64_t number, Expected<void> result);
  /// Settles what is finished, now.
  void settle(Napi::Env env);
  /// No promise is settled any more; `finish` becomes quiet. For the end of the environment, which frees the signal before
  /// it finalizes objects. No thread may be in `finish` by then.
  void close();

 private:
  struct Pending {
    napi_deferred deferred = nullptr;
    std::vector<napi_ref> pinned;
  };

  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t next_ = 1;
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Expected<void>>> finished_;
  std::unique_ptr<addon::JsSignal> signal_;
};

}  // namespace retrovue::conform
