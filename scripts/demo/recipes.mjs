/**
 * A programme of the demo, as ffmpeg makes it on the spot: what differs from one to the next is what a playout engine has to cope
 * with at each seam.
 *
 * @typedef {object} Recipe
 * @property {string} file
 * @property {string} title what airs, for the picture and the plan
 * @property {string} what the difference, in the picture's second line
 * @property {number} seconds
 * @property {string} rate
 * @property {string} size
 * @property {string} source a video source of libavfilter without size and rate
 * @property {number} tone of its sound, in hertz
 * @property {readonly string[]} picture encoder and its options
 * @property {readonly string[]} sound encoder and its options
 * @property {string} [filter] after the texts are drawn
 */

/** @type {readonly Recipe[]} */
export const recipes = [
  {
    file: "feature.mp4",
    title: "FEATURE",
    what: "24000/1001 fps, 1920x800, H.264, sound 5.1",
    seconds: 14,
    rate: "24000/1001",
    size: "1920x800",
    source: "gradients=c0=0x102040:c1=0x802040:c2=0x206060:n=3:speed=0.02",
    tone: 220,
    picture: ["-c:v", "libx264", "-preset", "superfast", "-crf", "24", "-g", "48", "-pix_fmt", "yuv420p"],
    sound: ["-c:a", "aac", "-b:a", "256k", "-ac", "6", "-ar", "48000"],
  },
  {
    file: "advert-one.mp4",
    title: "ADVERT ONE",
    what: "60 fps, 1280x720, H.264, 44.1 kHz",
    seconds: 5,
    rate: "60",
    size: "1280x720",
    source: "testsrc2",
    tone: 440,
    picture: ["-c:v", "libx264", "-preset", "superfast", "-crf", "26", "-pix_fmt", "yuv420p"],
    sound: ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "44100"],
  },
  {
    file: "news.ts",
    title: "NEWS",
    what: "25 fps interlaced, 720x576 anamorphic, MPEG-2, MP2",
    seconds: 12,
    rate: "50",
    size: "720x576",
    source: "smptehdbars",
    tone: 330,
    filter: "setsar=64/45,tinterlace=interleave_top,fieldorder=tff",
    picture: ["-c:v", "mpeg2video", "-b:v", "6M", "-flags", "+ildct+ilme", "-pix_fmt", "yuv420p"],
    sound: ["-c:a", "mp2", "-b:a", "192k", "-ac", "2", "-ar", "48000"],
  },
  {
    file: "advert-two.webm",
    title: "ADVERT TWO",
    what: "30 fps, 854x480, VP8, Opus",
    seconds: 5,
    rate: "30",
    size: "854x480",
    source: "testsrc",
    tone: 550,
    picture: ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1500k"],
    sound: ["-c:a", "libopus", "-b:a", "96k", "-ac", "2"],
  },
  {
    file: "cartoon.mkv",
    title: "CARTOON",
    what: "29.97 fps, 640x480 (4:3), MPEG-4, MP3 mono",
    seconds: 10,
    rate: "30000/1001",
    size: "640x480",
    source: "pal75bars",
    tone: 660,
    picture: ["-c:v", "mpeg4", "-q:v", "4", "-pix_fmt", "yuv420p"],
    sound: ["-c:a", "libmp3lame", "-b:a", "96k", "-ac", "1", "-ar", "32000"],
  },
  {
    file: "sports.mkv",
    title: "SPORTS",
    what: "50 fps, 960x540, HEVC 10 bit, FLAC",
    seconds: 8,
    rate: "50",
    size: "960x540",
    source: "gradients=c0=0x004020:c1=0x40c060:c2=0x104060:n=3:speed=0.03",
    tone: 494,
    picture: [
      "-c:v",
      "libx265",
      "-preset",
      "ultrafast",
      "-crf",
      "28",
      "-pix_fmt",
      "yuv420p10le",
      "-x265-params",
      "log-level=error",
    ],
    sound: ["-c:a", "flac", "-ac", "2", "-ar", "48000"],
  },
];

/** The still: a picture without sound. */
export const still = {
  file: "still.png",
  title: "A STILL",
  what: "PNG, 1280x960, no sound",
  seconds: 6,
  size: "1280x960",
};

/** A file that nobody can play: the first part of the feature, whose index comes last. */
export const broken = { file: "broken.mp4", title: "A BROKEN FILE", seconds: 6, bytes: 200_000 };
