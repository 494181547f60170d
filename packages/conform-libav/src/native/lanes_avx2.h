#pragma once
// Vectors of 256 bits for the passes of byte_rows_kernels.h and word_rows_kernels.h.
#include <immintrin.h>

#include <cstdint>

namespace retrovue::conform {
namespace {

struct Lanes2 {
  using Vector = __m256i;
  using Float = __m256;
  /// 128-bit lanes.
  static constexpr int count = 2;
  static Vector each32(std::int32_t value) { return _mm256_set1_epi32(value); }
  static Vector each16(std::int16_t value) { return _mm256_set1_epi16(value); }
  static Vector each8(std::int8_t value) { return _mm256_set1_epi8(value); }
  static Vector load(const void* at) { return _mm256_loadu_si256(static_cast<const Vector*>(at)); }
  static void store(void* at, Vector value) { _mm256_storeu_si256(static_cast<Vector*>(at), value); }
  /// 16 bytes for each lane, from `bases` bytes on.
  static Vector gather(const std::uint8_t* row, const std::int32_t* bases) {
    const auto lane = [&](int i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + bases[i])); };
    return _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
  }
  static Vector pick(Vector from, Vector places) { return _mm256_shuffle_epi8(from, places); }
  static Vector either(Vector a, Vector b) { return _mm256_or_si256(a, b); }
  static Vector both(Vector a, Vector b) { return _mm256_and_si256(a, b); }
  static Vector madd(Vector a, Vector b) { return _mm256_madd_epi16(a, b); }
  static Vector add32(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
  static Vector subtract32(Vector a, Vector b) { return _mm256_sub_epi32(a, b); }
  static Vector max32(Vector a, Vector b) { return _mm256_max_epi32(a, b); }
  static Vector min32(Vector a, Vector b) { return _mm256_min_epi32(a, b); }
  static Vector add16(Vector a, Vector b) { return _mm256_add_epi16(a, b); }
  static Vector addSaturated16(Vector a, Vector b) { return _mm256_adds_epi16(a, b); }
  static Vector max16(Vector a, Vector b) { return _mm256_max_epi16(a, b); }
  static Vector min16(Vector a, Vector b) { return _mm256_min_epi16(a, b); }
  /// Rounded products of numbers of -1 to 1.
  static Vector multiply16(Vector a, Vector b) { return _mm256_mulhrs_epi16(a, b); }
  static Vector addSaturated8(Vector a, Vector b) { return _mm256_adds_epu8(a, b); }
  static Vector add8(Vector a, Vector b) { return _mm256_add_epi8(a, b); }
  template <int bits>
  static Vector shiftRight(Vector a) {
    return _mm256_srai_epi32(a, bits);
  }
  template <int bits>
  static Vector shiftLeft(Vector a) {
    return _mm256_slli_epi32(a, bits);
  }
  /// `bits` for each 32 bits.
  static Vector shiftRightBy(Vector a, Vector bits) { return _mm256_srav_epi32(a, bits); }
  static Vector shiftRight16By(Vector a, int bits) { return _mm256_sra_epi16(a, _mm_cvtsi32_si128(bits)); }
  static Vector shiftLeft16By(Vector a, int bits) { return _mm256_sll_epi16(a, _mm_cvtsi32_si128(bits)); }
  static Vector pack32(Vector a, Vector b) { return _mm256_packs_epi32(a, b); }
  static Vector low16(Vector a, Vector b) { return _mm256_unpacklo_epi16(a, b); }
  static Vector high16(Vector a, Vector b) { return _mm256_unpackhi_epi16(a, b); }
  /// What packing two vectors leaves, in the order of the two.
  static Vector inOrder(Vector packed) { return _mm256_permute4x64_epi64(packed, 0b11'01'10'00); }
  static Vector packBytes(Vector a, Vector b) { return inOrder(_mm256_packus_epi16(a, b)); }

  static Float each(float value) { return _mm256_set1_ps(value); }
  /// 8 words as numbers.
  static Float floats(const std::int16_t* at) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
  }
  static Float multiplyAdd(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector rounded(Float value, Float least, Float most) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(value, least), most));
  }
  /// The lower 16 bits of each 32, in both halves.
  static Vector twice16(Vector a) { return _mm256_blend_epi16(a, _mm256_slli_epi32(a, 16), 0xaa); }
  /// Each number of half `which` of a vector, twice.
  template <int which>
  static Vector spread32(Vector a) {
    return _mm256_permutevar8x32_epi32(a, which == 0 ? _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3)
                                                     : _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
  }
  /// 64 bits each from where half `which` of the places says.
  template <int which>
  static Vector gather64(const void* table, Vector places) {
    const __m128i half = which == 0 ? _mm256_castsi256_si128(places) : _mm256_extracti128_si256(places, 1);
    return _mm256_i32gather_epi64(static_cast<const long long*>(table), half, 8);
  }
  /// Groups of four words (the last one counts nothing), in two vectors, to a row of each.
  static void storeApart(Vector a, Vector b, std::int16_t* first, std::int16_t* second, std::int16_t* third) {
    const Vector pairs = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,  //
                                          0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    const Vector order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    a = _mm256_shuffle_epi8(a, pairs);
    b = _mm256_shuffle_epi8(b, pairs);
    const Vector two = _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi32(a, b), order);
    const Vector one = _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi32(a, b), order);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(first), _mm256_castsi256_si128(two));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(second), _mm256_extracti128_si256(two, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(third), _mm256_castsi256_si128(one));
  }
};

}  // namespace
}  // namespace retrovue::conform
