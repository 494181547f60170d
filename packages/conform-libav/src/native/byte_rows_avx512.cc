#include "byte_rows_kernels.h"

namespace retrovue::conform {
namespace {

struct Lanes4 {
  using Vector = __m512i;
  static constexpr int count = 4;
  static Vector each32(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Vector load(const void* at) { return _mm512_loadu_si512(at); }
  static void store(void* at, Vector value) { _mm512_storeu_si512(at, value); }
  static Vector gather(const std::uint8_t* row, const std::int32_t* bases) {
    const auto lane = [&](int i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + bases[i])); };
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(2)), lane(3), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }
  static Vector pick(Vector from, Vector places) { return _mm512_shuffle_epi8(from, places); }
  static Vector madd(Vector a, Vector b) { return _mm512_madd_epi16(a, b); }
  static Vector add32(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
  template <int bits>
  static Vector shiftRight(Vector a) {
    return _mm512_srai_epi32(a, bits);
  }
  static Vector pack32(Vector a, Vector b) { return _mm512_packs_epi32(a, b); }
  static Vector low16(Vector a, Vector b) { return _mm512_unpacklo_epi16(a, b); }
  static Vector high16(Vector a, Vector b) { return _mm512_unpackhi_epi16(a, b); }
  static Vector packBytes(Vector a, Vector b) {
    const Vector order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    return _mm512_permutexvar_epi64(order, _mm512_packus_epi16(a, b));
  }
};

}  // namespace

const RowPasses avx512Passes = passesFor<Lanes4>();

}  // namespace retrovue::conform
