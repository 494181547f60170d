import { z } from "zod";
import { channelSettings } from "./channel-settings.js";
import { text, whole } from "./fields.js";

/** `udp://host:port`; the host may be a multicast group, IPv6 stands in brackets. */
const udpUrl = z
  .string()
  .max(300)
  .regex(/^udp:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[1-9]\d{0,4}$/)
  .refine((url) => Number(url.slice(url.lastIndexOf(":") + 1)) <= 65_535)
  .meta({
    title: "an address such as udp://239.1.1.1:5001",
    description: "Where the datagrams go.",
    examples: ["udp://127.0.0.1:5001"],
  });

/** One place the channel's bytes go. */
export const outputSection = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("http-ts").describe("Live MPEG-TS at `/channel/<id>.ts`."),
      clientsMax: whole(1, 10_000, "Viewers at the same time; further ones get 503.").default(100),
    }),
    z.strictObject({
      type: z
        .literal("hls")
        .describe("HLS at `/channel/<id>/index.m3u8`. Not built yet: told in the log and left out."),
      segmentMs: whole(500, 20_000, "Length of a media segment.").default(2_000),
      segments: whole(3, 100, "Segments in the media playlist.").default(6),
    }),
    z.strictObject({
      type: z
        .literal("udp")
        .describe("MPEG-TS in datagrams of 1316 bytes. Not built yet: told in the log and left out."),
      url: udpUrl,
      ttl: whole(0, 255, "Hops that multicast datagrams may make; 0 stays on this host.").default(1),
    }),
  ])
  .describe("One place the channel's bytes go.");

/** One channel. */
export const channelSection = z
  .strictObject({
    // Ids are int32 on the wire (control-api.md).
    id: whole(1, 2_147_483_647, "Number of the channel in addresses, requests and metrics; unique."),
    name: text(64, 'Name for people, on the slate and in playlists; "Channel <id>" where absent.').optional(),
    plan: z
      .string()
      .min(1)
      .max(4_096)
      .meta({
        title: "a name under `plans`, a path with a slash, or a URI",
        description: "What it plays: a name under `plans`, a plan file, a media file, or a test:// pattern.",
        examples: ["evening", "./plans/evening.yaml", "test://bars"],
      })
      .optional(),
    autostart: z
      .boolean()
      .describe("Starts with the engine. Where absent: true if there is a plan, else a scheduler starts it.")
      .optional(),
    run: z
      .enum(["always", "on-demand"])
      .default("always")
      .describe("Decodes always, or only while someone reads its bus or watches its outputs."),
    port: whole(
      1,
      65_535,
      "A further port that serves the channel's outputs, on the host of http.view.",
    ).optional(),
    outputs: z
      .array(outputSection)
      .max(16)
      .default([{ type: "http-ts", clientsMax: 100 }])
      .describe("Where its stream goes; none leaves the channel unencoded, on its bus only."),
    ...channelSettings,
  })
  .describe("One channel: one running timeline on one bus.");
