#include "completions.h"

#include "retrovue/addon/js_error.h"

namespace retrovue::conform {

Completions::Completions(Napi::Env env) {
  const auto settleAll = Napi::Function::New(env, [this](const Napi::CallbackInfo& info) { settle(info.Env()); });
  signal_ = std::make_unique<addon::JsSignal>(env, settleAll, "retrovue conform");
}

Completions::~Completions() = default;

std::pair<Napi::Promise, std::uint64_t> Completions::begin(Napi::Env env, const std::vector<napi_value>& pinned) {
  Pending pending;
  napi_value promise = nullptr;
  napi_create_promise(env, &pending.deferred, &promise);
  for (napi_value value : pinned) {
    napi_ref reference = nullptr;
    if (napi_create_reference(env, value, 1, &reference) == napi_ok) pending.pinned.push_back(reference);
  }
  const std::uint64_t number = next_++;
  pending_.emplace(number, std::move(pending));
  signal_->keepAlive(true);
  return {Napi::Promise(env, promise), number};
}

void Completions::finish(std::uint64_t number, Expected<void> result) {
  {
    const std::scoped_lock lock(mutex_);
    finished_.emplace_back(number, std::move(result));
  }
  signal_->raise();
}

void Completions::settle(Napi::Env env) {
  std::vector<std::pair<std::uint64_t, Expected<void>>> finished;
  {
    const std::scoped_lock lock(mutex_);
    finished.swap(finished_);
  }
  for (const auto& [number, result] : finished) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) continue;
    for (napi_ref reference : found->second.pinned) napi_delete_reference(env, reference);
    if (result) napi_resolve_deferred(env, found->second.deferred, env.Undefined());
    else if (const napi_value error = addon::toJsError(env, result.failure()))
      napi_reject_deferred(env, found->second.deferred, error);
    pending_.erase(found);
  }
  if (pending_.empty()) signal_->keepAlive(false);
}

void Completions::close() {
  signal_->close();
}

}  // namespace retrovue::conform
