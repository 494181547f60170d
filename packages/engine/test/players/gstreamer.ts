import { spawnSync } from "node:child_process";
import { counted, isInstalled, type Player, runFor } from "./player.ts";

const elements = [
  "souphttpsrc",
  "tsdemux",
  "h264parse",
  "avdec_h264",
  "aacparse",
  "avdec_aac",
  "fpsdisplaysink",
];

/** Plays as playbin does, in time, onto nothing. */
export const gstreamer: Player = {
  name: "GStreamer",
  missing() {
    if (!isInstalled("gst-launch-1.0")) return "gst-launch-1.0 is not installed";
    const lacking = elements.filter((element) => spawnSync("gst-inspect-1.0", [element]).status !== 0);
    return lacking.length > 0 ? `GStreamer has no ${lacking.join(", ")}` : undefined;
  },
  async play(stream, seconds) {
    const pipeline = [
      ..."-v -e souphttpsrc is-live=true".split(" "),
      `location=${stream}`,
      ..."! tsdemux name=d d. ! queue ! h264parse ! avdec_h264 ! fpsdisplaysink text-overlay=false video-sink=fakesink sync=true".split(
        " ",
      ),
      ..."d. ! queue ! aacparse ! avdec_aac ! fakesink sync=true silent=true".split(" "),
    ];
    const ran = await runFor("gst-launch-1.0", pipeline, seconds, {
      GST_DEBUG: "2",
      GST_DEBUG_NO_COLOR: "1",
    });
    const last = ran.out.match(/rendered: (\d+), dropped: (\d+)/g)?.at(-1) ?? "";
    const [, rendered = "0", dropped = "0"] = /rendered: (\d+), dropped: (\d+)/.exec(last) ?? [];
    const complaints = counted(
      `${ran.err}\n${ran.out}`,
      (line) =>
        // Its own tool cannot show the session of its own source.
        /\b(WARN|ERROR)\b|^(WARNING|ERROR):/.test(line) && !line.includes("GstSoupSession"),
    );
    if (Number(rendered) < seconds * 20) complaints.push(`only ${rendered} pictures`);
    if (Number(dropped) > 0) complaints.push(`${dropped} pictures dropped`);
    return { played: `${rendered} pictures, ${dropped} dropped`, complaints };
  },
};
