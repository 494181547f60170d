#pragma once
#include <dlfcn.h>
#include <retrovue/expected.h>

#include <memory>
#include <string>

namespace retrovue::libav {

/// A library of a driver's, looked for at run time: the same build serves machines with and without it.
class SharedLibrary {
 public:
  /// `DeviceUnavailable` with the loader's words.
  static Expected<SharedLibrary> load(const char* name) {
    void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) return SharedLibrary(handle);
    const char* why = dlerror();
    return Failure{"DeviceUnavailable",
                   std::string(name) + " cannot be loaded: " + (why != nullptr ? why : "no reason is given"), 0};
  }
  /// Null where the library has no such function.
  template <class Function>
  Function* find(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle_.get(), name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  struct Closer {
    void operator()(void* handle) const { dlclose(handle); }
  };
  std::unique_ptr<void, Closer> handle_;
};

}  // namespace retrovue::libav
