import { basename } from "node:path";
import { HouseGrid, rational, type StandInReason, type Tick } from "@retrovue/core";
import type { AsRunSheet, PlannedRow } from "./as-run-sheet.ts";

/** What each reason means, and the colour that stands for it. */
export const reasonColours: Readonly<
  Record<StandInReason, { readonly colour: string; readonly says: string }>
> = {
  none: { colour: "#222222", says: "no reason was told" },
  planned: { colour: "#d5d8dc", says: "the plan has nothing here" },
  soundOnly: { colour: "#aed6f1", says: "the asset has no picture" },
  opening: { colour: "#f7dc6f", says: "the decoder opens, seeks or catches up" },
  late: { colour: "#f39c12", says: "the decoder is slower than the clock" },
  openFailed: { colour: "#af7ac5", says: "the asset could not be opened" },
  decodeFailed: { colour: "#7d3c98", says: "the decoder failed in the middle" },
  endedEarly: { colour: "#b7950b", says: "the media ended before its segment" },
  hung: { colour: "#a04000", says: "the decoder made no progress" },
  workerLost: { colour: "#c0392b", says: "the worker died and is being replaced" },
  starved: { colour: "#ff00aa", says: "the worker lives and handed over nothing in time" },
  quarantined: { colour: "#5b2c6f", says: "the asset is barred: it ended a worker" },
  lateTake: { colour: "#2471a3", says: "the plan's edit came too late to prepare" },
};

const asPlanned: ReadonlySet<StandInReason> = new Set(["planned", "soundOnly"]);

/** One line of a strip lasts for so long. */
const lineSeconds = 60;
const width = 1_200;
const gutter = 70;
const bandHeight = 11;
const lineHeight = 2 * bandHeight + 10;
/** Rows of a table; those beyond are counted. */
const rowsMax = 400;

/**
 * As-run logs beside their plans, as a page that needs nothing else: each channel in lines of a minute, the plan above and what
 * aired below, stand-ins in the colour of their reason; and each segment that did not air whole, in words.
 *
 * @param notes what is to be said of a channel, by its id
 */
export function sheetPage(
  title: string,
  sheets: readonly AsRunSheet[],
  notes: ReadonlyMap<number, string> = new Map(),
): string {
  const channels = [...new Set(sheets.map(({ channel }) => channel))].sort((a, b) => a - b);
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>`,
    `<style>${style}</style><h1>${escaped(title)}</h1>`,
    `<p>Each line is a minute: above what was planned, below what aired. Times are UTC. ${legend(sheets)}</p>`,
    ...channels.flatMap((channel) => {
      const own = sheets.filter((sheet) => sheet.channel === channel);
      const note = notes.get(channel);
      return [
        `<h2>Channel ${channel} ${escaped(own[0]?.name ?? "")}</h2>`,
        ...(note === undefined ? [] : [`<p>${escaped(note)}</p>`]),
        ...own.map(sheetOf),
      ];
    }),
    "</html>\n",
  ].join("\n");
}

function sheetOf(sheet: AsRunSheet): string {
  const { aired, replaced, from, end } = sheet;
  const clock = new SheetClock(sheet.frameRate);
  const touched = aired.filter((row) => !isWhole(row));
  const summary = `${clock.time(from)} to ${clock.time(end)}: ${end - from} ticks, ${aired.length} segments aired, ${touched.length} of them not whole, ${replaced.length} workers replaced`;
  return `<h3>${summary}</h3>\n${stripOf(sheet, clock)}\n${tableOf(sheet, clock, touched)}`;
}

const isWhole = ({ outcome, standIns, from, first, end, plannedEnd }: AsRunSheet["aired"][number]) =>
  outcome === "completed" &&
  from === first &&
  end === plannedEnd &&
  standIns.every(({ reason }) => asPlanned.has(reason));

/** Ticks as people read them. */
class SheetClock {
  readonly #grid: HouseGrid;
  readonly ticksOfLine: number;

  constructor(frameRate: string) {
    const [num = 0, den = 0] = frameRate.split("/").map(Number);
    this.#grid = new HouseGrid(rational(num, den), 48_000);
    this.ticksOfLine = Math.ceil((lineSeconds * num) / den);
  }

  time(tick: number): string {
    const ms = Number(this.#grid.tickTime(tick as Tick) / 1_000_000n);
    return new Date(ms).toISOString().slice(11, 23);
  }
}

function stripOf(sheet: AsRunSheet, clock: SheetClock): string {
  const { from, end } = sheet;
  const lines = Math.max(1, Math.ceil((end - from) / clock.ticksOfLine));
  const scale = (width - gutter) / clock.ticksOfLine;
  const drawn: string[] = [];
  /** One bar for each line that a range of ticks is in. */
  const bar = (
    range: { readonly from: number; readonly end: number },
    y: number,
    fill: string,
    say: string,
  ) => {
    const first = Math.floor((range.from - from) / clock.ticksOfLine);
    const last = Math.floor((range.end - 1 - from) / clock.ticksOfLine);
    for (let line = Math.max(0, first); line <= Math.min(last, lines - 1); line++) {
      const begin = from + line * clock.ticksOfLine;
      const left = Math.max(range.from, begin) - begin;
      const right = Math.min(range.end, begin + clock.ticksOfLine) - begin;
      // What lasts for a tick is to be seen as well.
      const length = Math.max((right - left) * scale, 1.2);
      const at = `x="${round(gutter + left * scale)}" y="${line * lineHeight + y}" width="${round(length)}"`;
      drawn.push(`<rect ${at} height="${bandHeight}" fill="${fill}"><title>${escaped(say)}</title></rect>`);
    }
  };
  const ticks = (range: { readonly from: number; readonly end: number }) =>
    `${clock.time(range.from)}, ticks ${range.from}..${range.end} (${range.end - range.from})`;
  const planned = new Map<number, PlannedRow>();
  for (const [index, row] of sheet.planned.entries()) {
    planned.set(row.from, row);
    const fill = row.isOfPlan
      ? (["#7fb3d5", "#5499c7"][index % 2] ?? "")
      : (["#c5cfd6", "#aebbc4"][index % 2] ?? "");
    bar(row, 0, fill, `planned ${nameOf(row.uri)} ${row.id}\n${ticks(row)}`);
  }
  for (const [index, row] of sheet.aired.entries()) {
    const { segment, outcome } = row;
    const plan = planned.get(row.from);
    const isOther = plan !== undefined && plan.id !== segment.id;
    const fill = isOther ? "#e74c3c" : (["#7dcea0", "#52be80"][index % 2] ?? "");
    bar(row, bandHeight, fill, `aired ${nameOf(segment.uri)} ${segment.id}, ${outcome}\n${ticks(row)}`);
  }
  for (const row of sheet.standIns) {
    const { colour, says } = reasonColours[row.reason];
    bar(row, bandHeight, colour, `${row.kind}, ${row.reason}: ${says}\n${ticks(row)}`);
  }
  for (const { tick, cause, barred } of sheet.replaced) {
    const say = `the worker was replaced: ${cause}${barred.length > 0 ? `; barred ${barred.join(", ")}` : ""}`;
    bar(
      { from: tick, end: tick + 1 },
      bandHeight + 6,
      "#000000",
      `${say}\n${clock.time(tick)}, tick ${tick}`,
    );
  }
  const labels = Array.from(
    { length: lines },
    (_, line) =>
      `<text x="0" y="${line * lineHeight + 15}">${clock.time(from + line * clock.ticksOfLine).slice(0, 8)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${lines * lineHeight}" font-size="11">`,
    ...labels,
    ...drawn,
    "</svg>",
  ].join("\n");
}

function tableOf(sheet: AsRunSheet, clock: SheetClock, touched: AsRunSheet["aired"]): string {
  if (touched.length === 0) return "<p>Every segment aired whole, on its ticks.</p>";
  const rows = touched.slice(0, rowsMax).map((row) => {
    const { from, end, first, plannedEnd, segment, outcome, standIns, failure, asPlanned: whole } = row;
    const deaths = sheet.replaced.filter(({ tick }) => tick >= from && tick < end);
    const cells = [
      clock.time(from),
      `${escaped(nameOf(segment.uri))}<br><small>${segment.id}</small>`,
      `${first}..${plannedEnd}`,
      `${from}..${end}`,
      outcome,
      `${whole} of ${end - from}`,
      standIns.map(({ kind, reason, ticks }) => `${chip(reason)}${ticks} ${kind}, ${reason}`).join("<br>"),
      [
        ...(failure === undefined ? [] : [`${failure.code}: ${failure.message}`]),
        ...deaths.map(({ tick, cause, barred }) =>
          [`worker replaced at ${tick}: ${cause}`, ...barred.map((uri) => `barred ${uri}`)].join(", "),
        ),
      ]
        .map(escaped)
        .join("<br>"),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const more = touched.length > rowsMax ? `<p>and ${touched.length - rowsMax} more</p>` : "";
  const heads = ["time", "segment", "planned", "aired", "outcome", "as planned", "stand-ins", "why"];
  return [
    `<details><summary>The ${touched.length} that did not air whole</summary><table>`,
    `<tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>`,
    ...rows,
    `</table>${more}</details>`,
  ].join("\n");
}

/** Colours of the reasons that occur, with what they mean and for how many ticks they stood in. */
function legend(sheets: readonly AsRunSheet[]): string {
  const ticks = new Map<StandInReason, number>();
  for (const { standIns } of sheets)
    for (const { reason, from, end } of standIns) ticks.set(reason, (ticks.get(reason) ?? 0) + end - from);
  const entries = [...ticks].sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return "Nothing stood in for anything.";
  return entries
    .map(
      ([reason, count]) =>
        `<span>${chip(reason)}${reason}: ${reasonColours[reason].says} (${count} ticks)</span>`,
    )
    .join(" ");
}

const chip = (reason: StandInReason): string => `<i style="background:${reasonColours[reason].colour}"></i>`;

const nameOf = (uri: string | undefined): string =>
  uri === undefined ? "nothing" : uri.includes("://") ? uri : basename(uri);

const round = (value: number): string => value.toFixed(1);

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const style = `
body { font: 13px sans-serif; margin: 16px; } svg { display: block; background: #fafafa; }
h3 { font-size: 13px; margin: 12px 0 4px; } table { border-collapse: collapse; }
td, th { border: 1px solid #ddd; padding: 2px 6px; text-align: left; vertical-align: top; }
p span { margin-right: 14px; white-space: nowrap; }
i { display: inline-block; width: 10px; height: 10px; margin-right: 4px; border: 1px solid #999; }
small { color: #777; }`;
