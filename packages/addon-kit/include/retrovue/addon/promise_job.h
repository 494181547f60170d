#pragma once
#include <napi.h>
#include <retrovue/addon/js_error.h>
#include <retrovue/expected.h>
#include <retrovue/owner_thread.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace retrovue::addon {

/// JS values that must live until a job is done: its owner, and every buffer that it reads or writes.
using Pinned = std::vector<napi_value>;

/// Runs `work` on `thread` and settles a promise on the JS thread: with `convert`'s value, or with the
/// failure's error. `work` touches no JS; `convert` runs on the JS thread. A full queue rejects with
/// `QueueFull`.
template <class T>
Napi::Promise runJob(Napi::Env env, OwnerThread& thread, const Pinned& pinned,
                     std::function<Expected<T>()> work, std::function<Napi::Value(Napi::Env, T)> convert) {
  struct Job {
    napi_deferred deferred = nullptr;
    std::vector<napi_ref> references;
    std::function<Expected<T>()> work;
    std::function<Napi::Value(Napi::Env, T)> convert;
    std::optional<Expected<T>> result;
    napi_threadsafe_function settle = nullptr;

    static void onSettle(napi_env rawEnv, napi_value, void* context, void*) {
      auto* job = static_cast<Job*>(context);
      if (rawEnv == nullptr) return;
      job->unpin(rawEnv);
      // Node calls this itself: nothing may be thrown through it.
      try {
        const Napi::Env jsEnv(rawEnv);
        const Napi::HandleScope scope(jsEnv);
        job->settleIn(jsEnv);
      } catch (const Napi::Error&) {
        // The environment is ending, and with it the promise.
      }
    }

    void unpin(napi_env rawEnv) {
      for (napi_ref reference : references) napi_delete_reference(rawEnv, reference);
      references.clear();
    }

    void settleIn(Napi::Env jsEnv) {
      napi_value failed = nullptr;
      if (*result) {
        try {
          const Napi::Value value = convert(jsEnv, std::move(**result));
          if (!jsEnv.IsExceptionPending()) {
            napi_resolve_deferred(jsEnv, deferred, value);
            return;
          }
          napi_get_and_clear_last_exception(jsEnv, &failed);
        } catch (const Napi::Error& error) {
          failed = error.Value();
        }
      } else {
        failed = toJsError(jsEnv, result->failure());
      }
      if (failed != nullptr) napi_reject_deferred(jsEnv, deferred, failed);
    }
    static void finalize(napi_env, void* data, void*) { delete static_cast<Job*>(data); }
  };

  const Napi::String name = Napi::String::New(env, "retrovue job");
  auto* job = new Job();
  job->work = std::move(work);
  job->convert = std::move(convert);
  napi_value promise = nullptr;
  napi_create_promise(env, &job->deferred, &promise);
  for (napi_value value : pinned) {
    napi_ref reference = nullptr;
    if (napi_create_reference(env, value, 1, &reference) == napi_ok) job->references.push_back(reference);
  }
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, job,
                                  &Job::finalize, job, &Job::onSettle, &job->settle);
  napi_threadsafe_function settle = job->settle;
  const bool posted = thread.post([job, settle](bool run) {
    // Dropped: the environment is ending, and with it the promise.
    if (run) {
      job->result.emplace(job->work());
      // What it held is free when the promise settles; the job itself goes some time later.
      job->work = nullptr;
      if (napi_call_threadsafe_function(settle, nullptr, napi_tsfn_blocking) == napi_closing) return;
    }
    napi_release_threadsafe_function(settle, napi_tsfn_release);
  });
  if (!posted) {
    const Failure full{"QueueFull", "Too many requests are waiting; try again later.", 0};
    // It never runs, so nothing else would.
    job->unpin(env);
    if (const napi_value error = toJsError(env, full)) napi_reject_deferred(env, job->deferred, error);
    napi_release_threadsafe_function(settle, napi_tsfn_abort);
  }
  return Napi::Promise(env, promise);
}

}  // namespace retrovue::addon
