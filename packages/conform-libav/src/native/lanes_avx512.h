#pragma once
// Vectors of 512 bits for the passes of byte_rows_kernels.h and word_rows_kernels.h: what lanes_avx2.h says of each holds here.
#include <immintrin.h>

#include <cstdint>

namespace retrovue::conform {
namespace {

struct Lanes4 {
  using Vector = __m512i;
  using Float = __m512;
  static constexpr int count = 4;
  static Vector each32(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Vector each16(std::int16_t value) { return _mm512_set1_epi16(value); }
  static Vector each8(std::int8_t value) { return _mm512_set1_epi8(value); }
  static Vector load(const void* at) { return _mm512_loadu_si512(at); }
  static void store(void* at, Vector value) { _mm512_storeu_si512(at, value); }
  static Vector gather(const std::uint8_t* row, const std::int32_t* bases) {
    const auto lane = [&](int i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + bases[i])); };
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(2)), lane(3), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }
  static Vector pick(Vector from, Vector places) { return _mm512_shuffle_epi8(from, places); }
  static Vector either(Vector a, Vector b) { return _mm512_or_si512(a, b); }
  static Vector both(Vector a, Vector b) { return _mm512_and_si512(a, b); }
  static Vector madd(Vector a, Vector b) { return _mm512_madd_epi16(a, b); }
  static Vector add32(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
  static Vector subtract32(Vector a, Vector b) { return _mm512_sub_epi32(a, b); }
  static Vector max32(Vector a, Vector b) { return _mm512_max_epi32(a, b); }
  static Vector min32(Vector a, Vector b) { return _mm512_min_epi32(a, b); }
  static Vector add16(Vector a, Vector b) { return _mm512_add_epi16(a, b); }
  static Vector addSaturated16(Vector a, Vector b) { return _mm512_adds_epi16(a, b); }
  static Vector max16(Vector a, Vector b) { return _mm512_max_epi16(a, b); }
  static Vector min16(Vector a, Vector b) { return _mm512_min_epi16(a, b); }
  static Vector multiply16(Vector a, Vector b) { return _mm512_mulhrs_epi16(a, b); }
  static Vector addSaturated8(Vector a, Vector b) { return _mm512_adds_epu8(a, b); }
  static Vector add8(Vector a, Vector b) { return _mm512_add_epi8(a, b); }
  template <int bits>
  static Vector shiftRight(Vector a) {
    return _mm512_srai_epi32(a, bits);
  }
  template <int bits>
  static Vector shiftLeft(Vector a) {
    return _mm512_slli_epi32(a, bits);
  }
  static Vector shiftRightBy(Vector a, Vector bits) { return _mm512_srav_epi32(a, bits); }
  static Vector shiftRight16By(Vector a, int bits) { return _mm512_sra_epi16(a, _mm_cvtsi32_si128(bits)); }
  static Vector shiftLeft16By(Vector a, int bits) { return _mm512_sll_epi16(a, _mm_cvtsi32_si128(bits)); }
  static Vector pack32(Vector a, Vector b) { return _mm512_packs_epi32(a, b); }
  static Vector low16(Vector a, Vector b) { return _mm512_unpacklo_epi16(a, b); }
  static Vector high16(Vector a, Vector b) { return _mm512_unpackhi_epi16(a, b); }
  static Vector inOrder(Vector packed) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
  }
  static Vector packBytes(Vector a, Vector b) { return inOrder(_mm512_packus_epi16(a, b)); }

  static Float each(float value) { return _mm512_set1_ps(value); }
  /// 16 words as numbers.
  static Float floats(const std::int16_t* at) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))));
  }
  static Float multiplyAdd(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static Vector rounded(Float value, Float least, Float most) {
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(value, least), most));
  }
  static Vector twice16(Vector a) { return _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(a, 16)); }
  template <int which>
  static Vector spread32(Vector a) {
    constexpr int n = 8 * which;
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(n, n, n + 1, n + 1, n + 2, n + 2, n + 3, n + 3, n + 4, n + 4, n + 5,
                                                      n + 5, n + 6, n + 6, n + 7, n + 7),
                                    a);
  }
  template <int which>
  static Vector gather64(const void* table, Vector places) {
    return _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(places, which), table, 8);
  }
  static void storeApart(Vector a, Vector b, std::int16_t* first, std::int16_t* second, std::int16_t* third) {
    const Vector pairs = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    a = _mm512_shuffle_epi8(a, pairs);
    b = _mm512_shuffle_epi8(b, pairs);
    const Vector two = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29), b);
    const Vector one = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31), b);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(first), _mm512_castsi512_si256(two));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(second), _mm512_extracti64x4_epi64(two, 1));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(third), _mm512_castsi512_si256(one));
  }
};

}  // namespace
}  // namespace retrovue::conform
