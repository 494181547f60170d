#include "finite_samples.h"

#include <retrovue/frame_bus_protocol.h>

// A vector register is loaded and stored as a whole, or in pieces that are no smaller than its elements where
// those are aligned: the Arm architecture says so (B2.2.1, SIMD and floating-point accesses), Intel's and
// AMD's CPUs have never done otherwise. The thread sanitizer cannot know that, and other CPUs have made no
// promise: they take sample by sample.
#if !defined(__SANITIZE_THREAD__) && (defined(__x86_64__) || defined(__aarch64__))
#define RETROVUE_SAMPLES_IN_VECTORS 1
#endif

namespace retrovue::framebus {
namespace {

constexpr std::uint32_t kExponent = 0x7f800000u;

std::uint32_t finite(std::uint32_t bits) {
  return (bits & kExponent) == kExponent ? 0u : bits;
}

#ifdef RETROVUE_SAMPLES_IN_VECTORS
/// As aligned as a sample is, no more: a tick may begin at any place of the ring.
using Vector [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] = std::uint32_t;
constexpr std::uint32_t kInVector = 4;
/// Vectors a turn of the loop: the CPU's own bookkeeping is then less than the copying.
constexpr std::uint32_t kVectors = 4;
/// Seconds of other work lie between two visits of a place of the ring, so it is in no near cache: it is
/// asked for 16 cache lines ahead, which took a third off the time where it was cold (8 or 32 lines took
/// less).
constexpr std::uint32_t kAhead = 256;

Vector load(const std::uint32_t* from) {
  // Volatile: one load, here, whatever else the compiler would like.
  return *reinterpret_cast<const volatile Vector*>(from);
}

void store(std::uint32_t* into, Vector bits) {
  *reinterpret_cast<volatile Vector*>(into) = bits;
}

Vector finite(Vector bits) {
  const auto isNot = (bits & kExponent) == kExponent;
  return bits & ~reinterpret_cast<const Vector&>(isNot);
}

std::uint32_t storeVectors(std::uint32_t* into, const std::uint32_t* from, std::uint32_t count) {
  const std::uint32_t whole = count / (kVectors * kInVector) * (kVectors * kInVector);
  for (std::uint32_t i = 0; i < whole; i += kVectors * kInVector) {
    __builtin_prefetch(into + i + kAhead, 1);
    Vector bits[kVectors];
    for (std::uint32_t v = 0; v < kVectors; ++v) bits[v] = finite(load(from + i + v * kInVector));
    for (std::uint32_t v = 0; v < kVectors; ++v) store(into + i + v * kInVector, bits[v]);
  }
  return whole;
}

std::uint32_t storeSilentVectors(std::uint32_t* into, std::uint32_t count) {
  const std::uint32_t whole = count / (kVectors * kInVector) * (kVectors * kInVector);
  for (std::uint32_t i = 0; i < whole; i += kVectors * kInVector) {
    __builtin_prefetch(into + i + kAhead, 1);
    for (std::uint32_t v = 0; v < kVectors; ++v) store(into + i + v * kInVector, Vector{});
  }
  return whole;
}
#else
std::uint32_t storeVectors(std::uint32_t*, const std::uint32_t*, std::uint32_t) {
  return 0;
}
std::uint32_t storeSilentVectors(std::uint32_t*, std::uint32_t) {
  return 0;
}
#endif

}  // namespace

void storeFiniteSamples(std::uint32_t* into, const float* from, std::uint32_t count) {
  if (from == nullptr) {
    for (std::uint32_t i = storeSilentVectors(into, count); i < count; ++i) RVFB_STORE_RELAXED(into + i, 0u);
    return;
  }
  const auto* const bits = reinterpret_cast<const std::uint32_t*>(from);
  for (std::uint32_t i = storeVectors(into, bits, count); i < count; ++i)
    RVFB_STORE_RELAXED(into + i, finite(RVFB_LOAD_RELAXED(bits + i)));
}

}  // namespace retrovue::framebus
