/** Every rule that a simulated channel is held to, and what it promises. The table in docs/simulation.md is checked against this. */
export const rules = Object.freeze({
  "tick/none-missing": "Ticks follow one another; none is left out or given twice.",
  "tick/in-time": "Each tick is on the bus by its guard time, whatever happened.",
  "plan/in-force": "What airs is from the revision that is in force.",
  "plan/boundary-exact": "Each tick carries the segment that the plan has there.",
  "plan/first-tick-flagged": "The first tick of a segment, and no other, is marked so.",
  "pad/black-as-planned": "Where the plan has nothing, black airs and is told as planned.",
  "pad/only-where-planned": "What the plan has is never passed over as if it were a pad.",
  "picture/exists": "A picture airs as planned only where the asset has pictures.",
  "picture/readable": "The pixels of a planned picture carry the asset's mark.",
  "picture/of-its-asset": "The pixels are of the asset that is planned.",
  "picture/right-frame": "The pixels are of the very picture that the cadence has at this tick.",
  "picture/told-truly": "The slot names the picture that its pixels show.",
  "picture/faded-as-planned": "The picture has the light that its fades give it at this tick.",
  "picture/aspect-as-planned": "A picture that is conformed has the aspect policy of its segment.",
  "picture/right-field":
    "An interlaced picture that lasts two ticks or so is shown field by field, the earlier one first.",
  "picture/repeat-told-truly":
    "A tick is marked a repeat exactly where it shows the picture before it again.",
  "picture/break-told-truly": "A return from a stand-in is marked a discontinuity; what follows on is not.",
  "sound/exact-share": "Each tick has its exact share of samples, from its exact index.",
  "sound/intact": "Sound that is read in time is not overwritten.",
  "sound/no-sample-lost-or-doubled":
    "Every sample is the one that the plan has there, but for those told as missing.",
  "sound/no-needless-silence": "No sample is told as missing where nothing is wrong.",
  "sound/missing-is-silent":
    "What is told as missing is silence, but for the fades that lead to it and back.",
  "sound/back-in-time": "Sound that can come back is back within the time that its fault allows.",
  "sound/gain-as-planned": "Sound has the gain of its segment, limited at full scale.",
  "sound/faded-as-planned": "Sound follows the fades of its segment.",
  "sound/cut-within-its-own-samples": "At a cut each side is ramped within its own 2 ms.",
  "sound/planned-silence": "Where the plan has no sound there is silence.",
  "sound/silence-told-truly": "Planned silence is not told as missing sound.",
  "stand-in/true-reason": "A stand-in has a cause, and names it.",
  "stand-in/hold-before-slate": "What can be held is held before slate or black airs.",
  "stand-in/hold-stays-in-its-airing":
    "A hold shows the last picture of the same airing, never across a seam.",
  "stand-in/hold-is-bounded": "A hold ends: after 2 s at a fault, after 250 ms at an early end.",
  "stand-in/back-in-time": "What can come back is back within the time that its fault allows.",
  "takeover/costs-no-tick":
    "A decoder that fails or hangs while the lead is full costs no tick where another one plays the asset.",
  "retry/backs-off": "What fails is tried again after 1, 2, 4, 8 and 16 s, then every 30 s, not more often.",
  "take/late-is-reported":
    "What a take that came too late costs is told as a late take, and marked late; nothing else is.",
  "prepare/ready-in-time":
    "What the plan has known for longer than it takes to open is ready at its first tick.",
  "lead/refilled": "A second after trouble the lead is full again.",
  "channel/legal-states": "The channel's states follow its table.",
  "channel/ready-when-filled": "A channel whose lead is full says so.",
  "channel/error-when-given-up": "A channel on which all quick retries failed says so.",
  "channel/does-not-throw": "Neither channel, supervisor nor bus throws, whatever they meet.",
  "channel/stops": "A channel that is told to stop does.",
  "worker/replaced-at-once": "A worker that died is replaced at once, unless they keep dying.",
  "worker/frozen-is-replaced":
    "A worker that is stopped is replaced after a second, or two before its first tick.",
  "worker/hostile-asset-kills-once": "An asset that killed or blocked a worker does not get at the next one.",
  "memory/decoders-are-bounded": "No more decoders are open than the settings allow.",
  "memory/buffers-are-bounded": "No more picture buffers are on loan than decoders can need.",
  "memory/all-given-back": "After a clean stop no decoder is open, and nothing is lent.",
  "decoder/used-as-promised": "The channel keeps its side of the decoder's contract.",
  "reader/gets-what-it-asks-for": "A reader gets the tick that it asks for.",
  "reader/overrun-told-truly": "A reader that lags is told so, and told a tick that it can read.",
  "reader/torn-is-told": "Pixels that are called intact still show what they showed.",
  "clock/never-back": "House time never steps back.",
  "clock/slews-gently": "House time is within 500 ppm of the monotonic clock, but for a resync by order.",
  "clock/loss-is-told": "A master that is not heard for 10 s (here) is told as lost.",
  "clock/alarm-is-told": "A clock that is more than a second off its master says so, and no other.",
  "clock/follows-its-master": "Once settled, house time is within 6 ms of its master.",
} as const);

/** A rule's name. */
export type RuleName = keyof typeof rules;
