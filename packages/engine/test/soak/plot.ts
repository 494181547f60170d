import type { SeriesVerdict } from "./series.ts";

const width = 860;
const rowHeight = 92;
const left = 230;
const right = 150;

/** All series of a run as one SVG picture: a row each, with its slope. */
export function plotOf(title: string, verdicts: readonly SeriesVerdict[]): string {
  const rows = verdicts.map((verdict, index) => rowOf(verdict, 40 + index * rowHeight));
  const height = 60 + verdicts.length * rowHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="12" y="22" font-size="15">${escaped(title)}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function rowOf({ name, unit, samples, slope, verdict, median }: SeriesVerdict, top: number): string {
  const values = samples.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const hours = samples.at(-1)?.hours ?? 1;
  const from = samples[0]?.hours ?? 0;
  const inner = rowHeight - 28;
  const x = (at: number) => left + ((at - from) / (hours - from || 1)) * (width - left - right);
  const y = (value: number) => top + inner - ((value - low) / (high - low || 1)) * inner;
  const points = samples.map(({ hours: at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const colour = verdict === "grows" ? "#c0392b" : "#1f618d";
  const said = slope === undefined ? verdict : `${slope.perHour.toFixed(2)} an hour`;
  return [
    `<text x="12" y="${top + 14}">${escaped(name)}</text>`,
    `<text x="12" y="${top + 32}" fill="#555">median ${median.toFixed(1)} ${unit}</text>`,
    `<text x="${left - 8}" y="${top + 10}" text-anchor="end" fill="#555">${high.toFixed(1)}</text>`,
    `<text x="${left - 8}" y="${top + inner}" text-anchor="end" fill="#555">${low.toFixed(1)}</text>`,
    `<polyline fill="none" stroke="${colour}" points="${points.join(" ")}"/>`,
    `<text x="${width - right + 10}" y="${top + 14}" fill="${colour}">${said}</text>`,
    `<text x="${width - right + 10}" y="${top + 32}" fill="${colour}">${verdict}</text>`,
  ].join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
