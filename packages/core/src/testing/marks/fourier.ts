/** In-place fast Fourier transform of a fixed size, a power of two; the inverse is not divided by the size. */
export class Fourier {
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  constructor(readonly size: number) {
    this.#cos = new Float64Array(size / 2);
    this.#sin = new Float64Array(size / 2);
    for (let i = 0; i < size / 2; i++) {
      this.#cos[i] = Math.cos((2 * Math.PI * i) / size);
      this.#sin[i] = Math.sin((2 * Math.PI * i) / size);
    }
  }

  transform(re: Float64Array, im: Float64Array, direction: 1 | -1): void {
    reorder(re, im);
    for (let half = 1; half < this.size; half *= 2) this.#stage(re, im, half, direction);
  }

  #stage(re: Float64Array, im: Float64Array, half: number, direction: 1 | -1): void {
    const turn = this.size / (half * 2);
    for (let start = 0; start < this.size; start += half * 2) {
      for (let k = 0; k < half; k++) {
        const wr = this.#cos[k * turn] ?? 0;
        const wi = -direction * (this.#sin[k * turn] ?? 0);
        const [a, b] = [start + k, start + k + half];
        const xr = (re[b] ?? 0) * wr - (im[b] ?? 0) * wi;
        const xi = (re[b] ?? 0) * wi + (im[b] ?? 0) * wr;
        re[b] = (re[a] ?? 0) - xr;
        im[b] = (im[a] ?? 0) - xi;
        re[a] = (re[a] ?? 0) + xr;
        im[a] = (im[a] ?? 0) + xi;
      }
    }
  }
}

function reorder(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const [r, m] = [re[i] ?? 0, im[i] ?? 0];
    re[i] = re[j] ?? 0;
    im[i] = im[j] ?? 0;
    re[j] = r;
    im[j] = m;
  }
}
