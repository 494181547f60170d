#include "filter_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace retrovue::sandbox {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t ownArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t ownArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "The numbers of system calls are known for x86-64 and arm64."
#endif
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "The low half of an argument comes first.");

/// Calls of x32, which has numbers of its own on the same architecture, begin here.
constexpr std::uint32_t foreignNumbers = 0x40000000;

sock_filter load(std::uint32_t offset) {
  return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}
sock_filter loadArgument(unsigned index) {
  return load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)));
}
sock_filter answer(std::uint32_t action) {
  return sock_filter BPF_STMT(BPF_RET | BPF_K, action);
}
sock_filter jump(std::uint16_t how, std::uint32_t value, std::size_t ifTrue, std::size_t ifFalse) {
  const auto code = static_cast<std::uint16_t>(BPF_JMP | how | BPF_K);
  return sock_filter BPF_JUMP(code, value, static_cast<std::uint8_t>(ifTrue),
                              static_cast<std::uint8_t>(ifFalse));
}
constexpr std::uint32_t refusal(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

std::vector<sock_filter> anyOf(unsigned argument, std::initializer_list<std::uint32_t> values,
                               std::uint32_t then, std::uint32_t otherwise) {
  std::vector<sock_filter> body{loadArgument(argument)};
  std::size_t left = values.size();
  for (const std::uint32_t value : values) body.push_back(jump(BPF_JEQ, value, left--, 0));
  body.push_back(answer(otherwise));
  body.push_back(answer(then));
  return body;
}

}  // namespace

FilterProgram::FilterProgram() {
  program_ = {
      load(offsetof(seccomp_data, arch)),  jump(BPF_JEQ, ownArchitecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),    load(offsetof(seccomp_data, nr)),
      jump(BPF_JGE, foreignNumbers, 0, 1), answer(refusal(ENOSYS)),
  };
}

void FilterProgram::onCall(int call, const std::vector<sock_filter>& body) {
  program_.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, body.size()));
  program_.insert(program_.end(), body.begin(), body.end());
}

void FilterProgram::refuse(int call, int error) {
  onCall(call, {answer(refusal(error))});
}

void FilterProgram::allowOnly(int call, unsigned argument, std::initializer_list<std::uint32_t> values) {
  onCall(call, anyOf(argument, values, SECCOMP_RET_ALLOW, refusal(EPERM)));
}

void FilterProgram::refuseOnly(int call, unsigned argument, std::initializer_list<std::uint32_t> values) {
  onCall(call, anyOf(argument, values, refusal(EPERM), SECCOMP_RET_ALLOW));
}

void FilterProgram::allowWithBits(int call, unsigned argument, std::uint32_t bits) {
  onCall(call, {loadArgument(argument), jump(BPF_JSET, bits, 1, 0), answer(refusal(EPERM)),
                answer(SECCOMP_RET_ALLOW)});
}

void FilterProgram::refuseWithBits(int call, unsigned argument, std::uint32_t bits) {
  onCall(call, {loadArgument(argument), jump(BPF_JSET, bits, 1, 0), answer(SECCOMP_RET_ALLOW),
                answer(refusal(EPERM))});
}

void FilterProgram::allowPair(int call, unsigned first, std::uint32_t firstValue, unsigned second,
                              std::uint32_t secondValue) {
  onCall(call, {loadArgument(first), jump(BPF_JEQ, firstValue, 0, 2), loadArgument(second),
                jump(BPF_JEQ, secondValue, 1, 0), answer(refusal(EPERM)), answer(SECCOMP_RET_ALLOW)});
}

void FilterProgram::refuseNewerThan(int call) {
  program_.push_back(jump(BPF_JGT, static_cast<std::uint32_t>(call), 0, 1));
  program_.push_back(answer(refusal(ENOSYS)));
}

int FilterProgram::install() {
  std::vector<sock_filter> whole = program_;
  whole.push_back(answer(SECCOMP_RET_ALLOW));
  sock_fprog program{static_cast<unsigned short>(whole.size()), whole.data()};
  // Before Linux 5.16 a filter would also switch speculation off, which costs a decoder several percent and
  // protects secrets that a process keeps from itself: it has none.
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0)
    return 0;
  if (errno != EINVAL) return errno;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace retrovue::sandbox
