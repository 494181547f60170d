#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace retrovue::sandbox {

/// A seccomp filter in the making: rules on system calls, tried in the order given; what none of them names
/// is allowed. Every refusal is an errno, so that whoever tried learns of it and goes on. Compares the low 32
/// bits of arguments: all that are compared are ints to the kernel, which ignores the rest as well.
class FilterProgram {
 public:
  FilterProgram();

  /// A call that is refused, whatever its arguments.
  void refuse(int call, int error);

  /// A call that is allowed when the argument is one of these, and refused with EPERM otherwise.
  void allowOnly(int call, unsigned argument, std::initializer_list<std::uint32_t> values);

  /// A call that is refused with EPERM when the argument is one of these.
  void refuseOnly(int call, unsigned argument, std::initializer_list<std::uint32_t> values);

  /// A call that is refused with EPERM unless the argument has one of these bits.
  void allowWithBits(int call, unsigned argument, std::uint32_t bits);

  /// A call that is refused with EPERM when the argument has one of these bits.
  void refuseWithBits(int call, unsigned argument, std::uint32_t bits);

  /// A call that is allowed when both arguments are just these, and refused with EPERM otherwise.
  void allowPair(int call, unsigned first, std::uint32_t firstValue, unsigned second,
                 std::uint32_t secondValue);

  /// Calls that the kernel may have got since this was written: programs know what to do without them
  /// (ENOSYS).
  void refuseNewerThan(int call);

  /// Installs it on the calling thread, the only one of its process, for good. An errno, or 0.
  int install();

 private:
  void onCall(int call, const std::vector<sock_filter>& body);
  std::vector<sock_filter> program_;
};

}  // namespace retrovue::sandbox
