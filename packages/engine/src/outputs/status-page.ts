import { readFile } from "node:fs/promises";
import { answerText, type HttpListener } from "../http/http-listener.js";

/**
 * What the page is made of, by path: file and content type. The files are beside `src` when run from source and beside `dist` when
 * built; the player comes from its package, so no internet is needed.
 */
const files: Readonly<Record<string, readonly [file: () => URL | string, type: string]>> = {
  "/": [() => new URL("../../page/index.html", import.meta.url), "text/html; charset=utf-8"],
  "/page/page.css": [() => new URL("../../page/page.css", import.meta.url), "text/css; charset=utf-8"],
  "/page/page.js": [() => new URL("../../page/page.js", import.meta.url), "text/javascript; charset=utf-8"],
  "/page/mpegts.js": [
    () => import.meta.resolve("mpegts.js/dist/mpegts.js"),
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
      const content = await readFile(new URL(file()));
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
