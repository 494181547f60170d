import { counted, isInstalled, type Player, runFor } from "./player.ts";

/** Decodes all and names what it finds wrong on the way. */
export const ffprobe: Player = {
  name: "ffprobe",
  missing: () => (isInstalled("ffprobe") ? undefined : "ffprobe is not installed"),
  async play(stream, seconds) {
    const args = ["-v", "warning", "-show_entries", "frame=media_type", "-of", "csv=p=0"];
    // It counts seconds of the stream; the time limit is for one that stands.
    const ran = await runFor("ffprobe", [...args, "-read_intervals", `%+${seconds}`, stream], seconds + 20);
    const pictures = ran.out.split("\n").filter((line) => line.startsWith("video")).length;
    const sounds = ran.out.split("\n").filter((line) => line.startsWith("audio")).length;
    const complaints = counted(ran.err, () => true);
    if (ran.code !== 0) complaints.push(`ended with ${ran.code}`);
    if (pictures < seconds * 20 || sounds < seconds * 40)
      complaints.push(`only ${pictures} pictures and ${sounds} frames of sound`);
    return { played: `${pictures} pictures, ${sounds} frames of sound`, complaints };
  },
};
