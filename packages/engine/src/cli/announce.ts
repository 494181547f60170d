import type { PlayoutConfig } from "../config/playout-config.js";
import type { EngineAddresses } from "../http/serve.js";

/** What people open once an engine runs, as lines. */
export function announcement(config: PlayoutConfig, addresses: EngineAddresses): readonly string[] {
  const { control, view, metrics } = addresses;
  const watched = config.channels.filter(
    ({ autostart, outputs }) => autostart && outputs.some(({ type }) => type === "http-ts"),
  );
  return [
    "",
    `  page      ${urlOf(control)}/`,
    ...watched.map(({ id, name }) => `  stream    ${urlOf(view)}/channel/${id}.ts   (${name})`),
    ...(watched.length > 1 ? [`  playlist  ${urlOf(view)}/channels.m3u`] : []),
    ...(metrics === undefined ? [] : [`  metrics   ${urlOf(metrics)}/metrics`]),
    "",
    "Open the page in a browser, or the stream in VLC, mpv or ffplay. Ctrl-C ends it.",
    "",
  ];
}

/** With the name that everyone has for the loopback address. */
const urlOf = (address: string): string =>
  `http://${address.replace(/^(?:127\.0\.0\.1|\[::1\]|0\.0\.0\.0|\[::\]):/, "localhost:")}`;
