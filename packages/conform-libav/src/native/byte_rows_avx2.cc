#include "byte_rows_kernels.h"

namespace retrovue::conform {
namespace {

struct Lanes2 {
  using Vector = __m256i;
  static constexpr int count = 2;
  static Vector each32(std::int32_t value) { return _mm256_set1_epi32(value); }
  static Vector load(const void* at) { return _mm256_loadu_si256(static_cast<const Vector*>(at)); }
  static void store(void* at, Vector value) { _mm256_storeu_si256(static_cast<Vector*>(at), value); }
  static Vector gather(const std::uint8_t* row, const std::int32_t* bases) {
    const auto lane = [&](int i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + bases[i])); };
    return _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
  }
  static Vector pick(Vector from, Vector places) { return _mm256_shuffle_epi8(from, places); }
  static Vector madd(Vector a, Vector b) { return _mm256_madd_epi16(a, b); }
  static Vector add32(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
  template <int bits>
  static Vector shiftRight(Vector a) {
    return _mm256_srai_epi32(a, bits);
  }
  static Vector pack32(Vector a, Vector b) { return _mm256_packs_epi32(a, b); }
  static Vector low16(Vector a, Vector b) { return _mm256_unpacklo_epi16(a, b); }
  static Vector high16(Vector a, Vector b) { return _mm256_unpackhi_epi16(a, b); }
  static Vector packBytes(Vector a, Vector b) {
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0b11'01'10'00);
  }
};

}  // namespace

const RowPasses avx2Passes = passesFor<Lanes2>();

}  // namespace retrovue::conform
