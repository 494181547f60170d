#pragma once
// The passes over deep rows, written once for vectors of any width: see byte_rows_kernels.h.
#include "word_rows.h"

namespace retrovue::conform {
namespace {

/// Four outputs a lane, of samples that lie within one vector of bytes from each base on, or within two.
template <class Lanes, int pairs, bool wide>
[[gnu::always_inline]] inline typename Lanes::Vector wordQuads(const std::uint8_t* row, const std::int32_t* bases,
                                                               const std::uint8_t* picks, const std::int16_t* weights,
                                                               typename Lanes::Vector rounding) {
  constexpr int laneBytes = 16;
  const auto samples = Lanes::gather(row, bases);
  const auto more = wide ? Lanes::gather(row + laneBytes, bases) : samples;
  auto sum = rounding;
#pragma GCC unroll 8
  for (int pair = 0; pair < pairs; ++pair) {
    const auto places = Lanes::load(picks + pair * laneBytes * Lanes::count);
    auto picked = samples;
    if constexpr (wide) {
      // A place whose upper bit is set picks nothing: of 0 to 31 either the upper half or the lower.
      picked = Lanes::either(Lanes::pick(samples, Lanes::addSaturated8(places, Lanes::each8(0x70))),
                             Lanes::pick(more, Lanes::add8(places, Lanes::each8(-laneBytes))));
    } else {
      picked = Lanes::pick(samples, places);
    }
    sum = Lanes::add32(sum, Lanes::madd(picked, Lanes::load(weights + pair * 8 * Lanes::count)));
  }
  return sum;
}

template <class Lanes, int pairs, bool wide>
void acrossWordsBy(const std::uint16_t* row, const RowTables& tables, int depth, std::int16_t* into) {
  constexpr int perHalf = pairs * 16 * Lanes::count;
  const auto* from = reinterpret_cast<const std::uint8_t*>(row);
  const int shift = weightBits + depth - unitBits;
  const auto rounding = Lanes::each32((1 << (shift - 1)) - (unitBias << shift));
  const auto bits = Lanes::each32(shift);
  const std::int32_t* bases = tables.bases;
  const std::uint8_t* picks = tables.picks;
  const std::int16_t* weights = tables.weights;
  for (int block = tables.blocks; block > 0; --block) {
    const auto even = wordQuads<Lanes, pairs, wide>(from, bases, picks, weights, rounding);
    const auto odd =
        wordQuads<Lanes, pairs, wide>(from, bases + Lanes::count, picks + perHalf, weights + perHalf / 2, rounding);
    Lanes::store(into, Lanes::pack32(Lanes::shiftRightBy(even, bits), Lanes::shiftRightBy(odd, bits)));
    bases += 2 * Lanes::count;
    picks += 2 * perHalf;
    weights += perHalf;
    into += 8 * Lanes::count;
  }
}

template <class Lanes>
void liftBy(const std::uint16_t* row, int depth, int columns, std::int16_t* into) {
  constexpr int step = 8 * Lanes::count;
  const auto bias = Lanes::each16(-unitBias);
  int x = 0;
  for (; x + step <= columns; x += step)
    Lanes::store(into + x, Lanes::add16(Lanes::shiftLeft16By(Lanes::load(row + x), unitBits - depth), bias));
  for (; x < columns; ++x) into[x] = static_cast<std::int16_t>((row[x] << (unitBits - depth)) - unitBias);
}

template <class Lanes, int pairs>
void downWordsBy(const std::int16_t* const* rows, const std::int16_t* weights, int columns, std::int16_t* into) {
  typename Lanes::Vector both[pairs];
  const std::int16_t* from[2 * pairs];
  for (int pair = 0; pair < pairs; ++pair) {
    both[pair] = Lanes::each32(static_cast<std::int32_t>(static_cast<std::uint16_t>(weights[2 * pair]) |
                                                         static_cast<std::uint32_t>(weights[2 * pair + 1]) << 16));
    from[2 * pair] = rows[2 * pair];
    from[2 * pair + 1] = rows[2 * pair + 1];
  }
  for (int x = 0; x < columns; x += 8 * Lanes::count) {
    auto low = Lanes::each32(1 << (weightBits - 1)), high = low;
#pragma GCC unroll 8
    for (int pair = 0; pair < pairs; ++pair) {
      const auto a = Lanes::load(from[2 * pair] + x), b = Lanes::load(from[2 * pair + 1] + x);
      low = Lanes::add32(low, Lanes::madd(Lanes::low16(a, b), both[pair]));
      high = Lanes::add32(high, Lanes::madd(Lanes::high16(a, b), both[pair]));
    }
    Lanes::store(into + x, Lanes::pack32(Lanes::template shiftRight<weightBits>(low),
                                         Lanes::template shiftRight<weightBits>(high)));
  }
}

template <class Lanes, int pairs>
void halveBy(const std::int16_t* row, const std::int16_t* weights, int columns, std::int16_t* into) {
  constexpr int step = 8 * Lanes::count;
  typename Lanes::Vector both[pairs];
  for (int pair = 0; pair < pairs; ++pair) {
    both[pair] = Lanes::each32(static_cast<std::int32_t>(static_cast<std::uint16_t>(weights[2 * pair]) |
                                                         static_cast<std::uint32_t>(weights[2 * pair + 1]) << 16));
  }
  for (int x = 0; x < columns; x += step) {
    typename Lanes::Vector half[2];
    for (int i = 0; i < 2; ++i) {
      // Two neighbours are one product of `madd`, and those of the next output lie next to them.
      half[i] = Lanes::each32(1 << (weightBits - 1));
#pragma GCC unroll 6
      for (int pair = 0; pair < pairs; ++pair)
        half[i] = Lanes::add32(half[i], Lanes::madd(Lanes::load(row + 2 * x + i * step + 2 * pair), both[pair]));
      half[i] = Lanes::template shiftRight<weightBits>(half[i]);
    }
    Lanes::store(into + x, Lanes::inOrder(Lanes::pack32(half[0], half[1])));
  }
}

/// Where pixels lie in the table: the node at the low corner of a cell, the nodes on the way to its high corner, and minus how
/// much each of the four counts, of 2^15 parts, in both halves of 32 bits. (One may count all: only minus that fits 16 bits.)
template <class Lanes>
struct TonePlaces {
  typename Lanes::Vector node[4], weight[4];
};

template <class Lanes>
[[gnu::always_inline]] inline TonePlaces<Lanes> placesOf(typename Lanes::Vector r, typename Lanes::Vector g,
                                                         typename Lanes::Vector b, int nodes) {
  using Vector = typename Lanes::Vector;
  // The place within a cell and the way along its side as one number, so that sorting the one sorts the other.
  constexpr int wayBits = 13;
  const auto fraction = Lanes::each32(((1 << placeBits) - 1) << wayBits);
  const auto sided = [&](Vector place, int way) {
    return Lanes::either(Lanes::both(Lanes::template shiftLeft<wayBits>(place), fraction), Lanes::each32(way));
  };
  const auto i = sided(r, nodes * nodes), j = sided(g, nodes), k = sided(b, 1);
  // The way from the low corner to the high one goes along the side of the greatest place first.
  const auto high = Lanes::max32(i, j), low = Lanes::min32(i, j);
  const auto first = Lanes::max32(high, k), rest = Lanes::min32(high, k);
  const auto second = Lanes::max32(rest, low), third = Lanes::min32(rest, low);
  const auto far = Lanes::template shiftRight<wayBits>(first), middle = Lanes::template shiftRight<wayBits>(second),
             near = Lanes::template shiftRight<wayBits>(third);
  const auto way = Lanes::each32((1 << wayBits) - 1);
  const auto cells = Lanes::either(Lanes::template shiftRight<placeBits>(r),
                                   Lanes::both(Lanes::template shiftLeft<16 - placeBits>(g), Lanes::each32(-65536)));
  TonePlaces<Lanes> places;
  places.node[0] = Lanes::add32(Lanes::madd(cells, Lanes::each32(nodes << 16 | nodes * nodes)),
                                Lanes::template shiftRight<placeBits>(b));
  places.node[1] = Lanes::add32(places.node[0], Lanes::both(first, way));
  places.node[2] = Lanes::add32(places.node[1], Lanes::both(second, way));
  places.node[3] = Lanes::add32(places.node[2], Lanes::both(third, way));
  places.weight[0] = Lanes::twice16(Lanes::subtract32(far, Lanes::each32(1 << placeBits)));
  places.weight[1] = Lanes::twice16(Lanes::subtract32(middle, far));
  places.weight[2] = Lanes::twice16(Lanes::subtract32(near, middle));
  places.weight[3] = Lanes::twice16(Lanes::subtract32(Lanes::each32(0), near));
  return places;
}

template <class Lanes, int half>
[[gnu::always_inline]] inline typename Lanes::Vector shownAt(const TonePlaces<Lanes>& places, const std::int16_t* table) {
  auto sum = Lanes::each16(0);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    sum = Lanes::add16(sum, Lanes::multiply16(Lanes::template gather64<half>(table, places.node[i]),
                                              Lanes::template spread32<half>(places.weight[i])));
  }
  return sum;
}

template <class Lanes>
void toneBy(const ToneRow& how, int columns, std::int16_t* luma, std::int16_t* cb, std::int16_t* cr) {
  const auto least = Lanes::each(0), most = Lanes::each(static_cast<float>(((how.nodes - 1) << placeBits) - 1));
  const auto grey = Lanes::each(how.grey), greyOffset = Lanes::each(how.greyOffset), redByCr = Lanes::each(how.redByCr),
             greenByCb = Lanes::each(how.greenByCb), greenByCr = Lanes::each(how.greenByCr), blueByCb = Lanes::each(how.blueByCb);
  for (int x = 0; x < columns; x += 4 * Lanes::count) {
    const auto u = Lanes::floats(cb + x), v = Lanes::floats(cr + x);
    const auto base = Lanes::multiplyAdd(Lanes::floats(luma + x), grey, greyOffset);
    const auto r = Lanes::rounded(Lanes::multiplyAdd(v, redByCr, base), least, most);
    const auto g = Lanes::rounded(Lanes::multiplyAdd(u, greenByCb, Lanes::multiplyAdd(v, greenByCr, base)), least, most);
    const auto b = Lanes::rounded(Lanes::multiplyAdd(u, blueByCb, base), least, most);
    const auto places = placesOf<Lanes>(r, g, b, how.nodes);
    Lanes::storeApart(shownAt<Lanes, 0>(places, how.table), shownAt<Lanes, 1>(places, how.table), luma + x, cb + x, cr + x);
  }
}

/// Words of samples, not yet held within their range.
template <class Lanes>
[[gnu::always_inline]] inline typename Lanes::Vector sampled(const std::int16_t* row, typename Lanes::Vector dither,
                                                             int depth) {
  const auto steps = Lanes::shiftRight16By(Lanes::addSaturated16(Lanes::load(row), dither), unitBits - depth);
  return Lanes::add16(steps, Lanes::each16(static_cast<std::int16_t>(1 << (depth - 1))));
}

template <class Lanes>
void emitBytesBy(const std::int16_t* row, const Emission& how, int columns, std::uint8_t* into) {
  const auto dither = Lanes::load(how.dither);
  constexpr int step = 8 * Lanes::count;
  for (int x = 0; x < columns; x += 2 * step) {
    Lanes::store(into + x,
                 Lanes::packBytes(sampled<Lanes>(row + x, dither, 8), sampled<Lanes>(row + x + step, dither, 8)));
  }
}

template <class Lanes>
void emitWordsBy(const std::int16_t* row, const Emission& how, int columns, std::uint16_t* into) {
  const auto dither = Lanes::load(how.dither), least = Lanes::each16(0),
             most = Lanes::each16(static_cast<std::int16_t>((1 << how.depth) - 1));
  for (int x = 0; x < columns; x += 8 * Lanes::count) {
    const auto samples = sampled<Lanes>(row + x, dither, how.depth);
    Lanes::store(into + x, Lanes::min16(Lanes::max16(samples, least), most));
  }
}

template <class Lanes>
constexpr WordPasses wordPassesFor() {
  return {Lanes::count,
          {{acrossWordsBy<Lanes, 1, false>, acrossWordsBy<Lanes, 2, false>, acrossWordsBy<Lanes, 3, false>,
            acrossWordsBy<Lanes, 4, false>, acrossWordsBy<Lanes, 5, false>, acrossWordsBy<Lanes, 6, false>,
            acrossWordsBy<Lanes, 7, false>, acrossWordsBy<Lanes, 8, false>},
           {acrossWordsBy<Lanes, 1, true>, acrossWordsBy<Lanes, 2, true>, acrossWordsBy<Lanes, 3, true>,
            acrossWordsBy<Lanes, 4, true>, acrossWordsBy<Lanes, 5, true>, acrossWordsBy<Lanes, 6, true>,
            acrossWordsBy<Lanes, 7, true>, acrossWordsBy<Lanes, 8, true>}},
          liftBy<Lanes>,
          {downWordsBy<Lanes, 1>, downWordsBy<Lanes, 2>, downWordsBy<Lanes, 3>, downWordsBy<Lanes, 4>, downWordsBy<Lanes, 5>,
           downWordsBy<Lanes, 6>, downWordsBy<Lanes, 7>, downWordsBy<Lanes, 8>},
          {halveBy<Lanes, 4>, halveBy<Lanes, 6>},
          toneBy<Lanes>,
          emitBytesBy<Lanes>,
          emitWordsBy<Lanes>};
}

}  // namespace
}  // namespace retrovue::conform
