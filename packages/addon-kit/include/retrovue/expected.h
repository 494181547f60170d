#pragma once
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace retrovue {

/// Why an operation failed, as a value. `code` is one of the engine's error codes (a string literal),
/// `status` the number of the library that failed (errno, or libav's), 0 where there is none.
struct Failure {
  const char* code;
  std::string message;
  int status = 0;
};

/// A failure of a system call, with errno's words appended.
inline Failure systemFailure(const char* code, std::string message, int error = errno) {
  message += ": ";
  message += std::strerror(error);
  return Failure{code, std::move(message), error};
}

/// A value or the reason why there is none. Reading the wrong half is a programmer's error and ends the
/// process.
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Expected(Failure failure) : held_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Expected*>(this)->value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Expected*>(this)->value(); }
  const Failure& failure() const {
    const Failure* failure = std::get_if<1>(&held_);
    if (failure == nullptr) __builtin_trap();
    return *failure;
  }

 private:
  T& value() {
    T* value = std::get_if<0>(&held_);
    if (value == nullptr) __builtin_trap();
    return *value;
  }
  std::variant<T, Failure> held_;
};

/// Success without a value, or why not.
template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  Expected(Failure failure) : failed_(true), failure_(std::move(failure)) {}

  explicit operator bool() const { return !failed_; }
  const Failure& failure() const {
    if (!failed_) __builtin_trap();
    return failure_;
  }

 private:
  bool failed_ = false;
  Failure failure_{"", "", 0};
};

}  // namespace retrovue
