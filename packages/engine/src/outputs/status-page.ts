import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { answerText, type HttpListener } from "../http/http-listener.js";

/** Beside `src` when run from source and beside `dist` when built. */
const pageFile = (name: string): string => fileURLToPath(new URL(`../../page/${name}`, import.meta.url));

/** What the page is made of, by path: file and content type. The player comes from its package, so no internet is needed. */
const files: Readonly<Record<string, readonly [file: () => string, type: string]>> = {
  "/": [() => pageFile("index.html"), "text/html; charset=utf-8"],
  "/page/page.css": [() => pageFile("page.css"), "text/css; charset=utf-8"],
  "/page/page.js": [() => pageFile("page.js"), "text/javascript; charset=utf-8"],
  "/page/mpegts.js": [
    () => createRequire(import.meta.url).resolve("mpegts.js/dist/mpegts.js"),
    "text/javascript; charset=utf-8",
  ],
};

/** Nothing but what this server itself serves; the player decodes in a blob, and styles the video element. */
const policy =
  "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** The plain page at `/` that plays the channels and shows their state, until the console comes. */
export class StatusPage {
  mount(listener: HttpListener): void {
    listener.page("/", async (request, response) => {
      const found = files[(request.url ?? "/").split("?", 1)[0] ?? "/"];
      if (found === undefined) {
        answerText(response, 404, "Nothing is here.\n");
        return;
      }
      const [file, type] = found;
      const content = await readFile(file());
      response.writeHead(200, {
        "content-type": type,
        "content-length": content.length,
        "cache-control": "no-cache",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
      });
      response.end(request.method === "HEAD" ? undefined : content);
    });
  }
}
