import { chmodSync } from "node:fs";
import { userInfo } from "node:os";
import { counted, isInstalled, type Player, runFor } from "./player.ts";

/**
 * Of a machine without screen and sound card, and of no stream; or what any AAC stream has at its beginning (faad gives
 * nothing for the first frame, which has no frame before it to overlap with).
 */
const ofTheMachine =
  /decoded zero sample|dbus|keystore|interface|lua|vdpau|vaapi|xcb|glx|egl|pulse|alsa|jack|screensaver|inhibit|playlist|access_output|cannot load module|no suitable|plugins cache/i;

/** VLC refuses to run as root, so that there it runs as nobody. */
export const vlc: Player = {
  name: "VLC",
  missing() {
    if (!isInstalled("cvlc")) return "cvlc is not installed";
    return userInfo().uid === 0 && !isInstalled("runuser") ? "VLC does not run as root" : undefined;
  },
  async play(stream, seconds, folder) {
    chmodSync(folder, 0o777);
    const vlcArgs = ["-vv", "-I", "dummy", "--no-color", "--vout", "vdummy", "--aout", "adummy"];
    const args = [
      ...vlcArgs,
      "--no-video-title-show",
      "--stats",
      `--run-time=${seconds}`,
      stream,
      "vlc://quit",
    ];
    const [program, ...before] = userInfo().uid === 0 ? ["runuser", "-u", "nobody", "--", "cvlc"] : ["cvlc"];
    const ran = await runFor(program ?? "cvlc", [...before, ...args], seconds + 10, { HOME: folder });
    const complaints = counted(
      ran.err,
      (line) => /\b(error|warning):/.test(line) && !ofTheMachine.test(line),
    );
    const decodes = /using (video decoder|audio decoder) module/g;
    const decoders = new Set(ran.err.match(decodes) ?? []);
    if (decoders.size < 2) complaints.push(`it opened only ${[...decoders].join(", ") || "no decoder"}`);
    return { played: `${seconds} s with ${[...decoders].length} decoders`, complaints };
  },
};
