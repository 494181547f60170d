import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../seams/real-time.ts";
import { isInstalled, type Player } from "./player.ts";

const programs = ["chromium", "chromium-browser", "google-chrome"];
/** The page counts what its video did since it began to play. */
const looks = `(() => { const v = document.getElementById("video"); const q = v.getVideoPlaybackQuality();
  return { at: v.currentTime, width: v.videoWidth, error: v.error?.message, pictures: q.totalVideoFrames, dropped: q.droppedVideoFrames,
    waits: window.__waits, notice: document.getElementById("notice").hidden ? "" : document.getElementById("notice").textContent,
    name: document.getElementById("name").textContent, sound: v.webkitAudioDecodedByteCount }; })()`;
const countWaits = `window.__waits = 0; document.getElementById("video").addEventListener("waiting", () => window.__waits++)`;

interface Looked {
  readonly at: number;
  readonly width: number;
  readonly error?: string;
  readonly pictures: number;
  readonly dropped: number;
  readonly waits: number;
  readonly notice: string;
  readonly name: string;
  readonly sound: number;
}

/** The engine's own page, in a browser without a window. A screenshot of it stays beside the other results. */
export const chromium: Player = {
  name: "Chromium",
  missing: () => (programs.some(isInstalled) ? undefined : "Chromium is not installed"),
  async play(stream, seconds, folder) {
    const program = programs.find(isInstalled) ?? "chromium";
    await using browser = await Browser.start(program, folder);
    const page = await browser.open(new URL("/", stream).href);
    const begun = await page.until((seen) => seen.width > 0 && seen.at > 0.5, 20);
    await page.evaluate(countWaits);
    await pause(seconds * 1_000);
    const seen = await page.look();
    writeFileSync(join(folder, "page.png"), Buffer.from(await page.screenshot(), "base64"));
    const played = seen.at - begun.at;
    const complaints: string[] = [];
    if (seen.error !== undefined) complaints.push(`the video element: ${seen.error}`);
    if (seen.notice !== "") complaints.push(`the page: ${seen.notice}`);
    // Live playback may be moved towards the newest picture, and runs on a clock of its own.
    if (Math.abs(played - seconds) > 0.05 * seconds + 1)
      complaints.push(`${played.toFixed(1)} s were played in ${seconds} s`);
    if (seen.waits > 0) complaints.push(`it waited for the stream ${seen.waits} times`);
    if (seen.sound === 0) complaints.push("no sound was decoded");
    const shown = seen.pictures - begun.pictures;
    const dropped = seen.dropped - begun.dropped;
    // What a browser drops is mostly its own doing on two cores: it may have been late for one picture in a hundred.
    if (dropped > shown / 100) complaints.push(`${dropped} of ${shown} pictures were dropped`);
    return { played: `${shown} pictures, ${dropped} dropped, ${played.toFixed(1)} s`, complaints };
  },
};

/** One page under the DevTools protocol. */
class Page {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>();
  #id = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown> };
      if (id !== undefined) this.#answers.get(id)?.(result ?? {});
    });
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#call("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value?: unknown } | undefined)?.value;
  }

  look = async (): Promise<Looked> => (await this.evaluate(looks)) as Looked;

  async until(holds: (seen: Looked) => boolean, seconds: number): Promise<Looked> {
    for (let tries = 0; ; tries++) {
      const seen = await this.look();
      if (holds(seen)) return seen;
      if (tries >= seconds * 10) throw new Error(`The page plays nothing: ${JSON.stringify(seen)}`);
      await pause(100);
    }
  }

  async screenshot(): Promise<string> {
    return String((await this.#call("Page.captureScreenshot", { format: "png" }))["data"]);
  }

  #call(method: string, params: unknown): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

class Browser implements AsyncDisposable {
  readonly #process;
  readonly #origin: string;

  private constructor(child: ReturnType<typeof spawn>, origin: string) {
    this.#process = child;
    this.#origin = origin;
  }

  static async start(program: string, folder: string): Promise<Browser> {
    const child = spawn(
      program,
      [
        "--headless=new",
        // Root has no sandbox; nothing but the engine's own page is opened.
        "--no-sandbox",
        "--mute-audio",
        "--autoplay-policy=no-user-gesture-required",
        "--window-size=1280,800",
        "--remote-debugging-port=0",
        `--user-data-dir=${join(folder, "profile")}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const origin = await new Promise<string>((resolve, reject) => {
      let words = "";
      child.stderr.setEncoding("utf8").on("data", (more: string) => {
        words += more;
        const found = /DevTools listening on ws:\/\/([^/]+)\//.exec(words);
        if (found?.[1] !== undefined) resolve(`http://${found[1]}`);
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`${program} ended at once:\n${words}`)));
    });
    return new Browser(child, origin);
  }

  async open(url: string): Promise<Page> {
    const target = await fetch(`${this.#origin}/json/new?${encodeURIComponent(url)}`, { method: "PUT" });
    const { webSocketDebuggerUrl } = (await target.json()) as { webSocketDebuggerUrl: string };
    const socket = new WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const page = new Page(socket);
    // Until its own scripts are there, there is nothing to look at.
    for (let tries = 0; tries < 100; tries++) {
      if (
        (await page.evaluate(`document.readyState === "complete" && !!document.getElementById("video")`)) ===
        true
      )
        return page;
      await pause(100);
    }
    throw new Error(`${url} does not load.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await gone;
  }
}
