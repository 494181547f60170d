// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import { z } from "zod";
import { channelSection } from "./channel.js";
import { defaultsSection } from "./channel-settings.js";
import { path, pluginName, pluginOptions, pluginUse, slug, tcpAddress, whole } from "./fields.js";

const sandboxSection = z
  .strictObject({
    mode: z
      .enum(["auto", "required", "off"])
      .default("auto")
      .describe(
        "Auto: whatever the kernel offers, and what it lacks is logged. Required: the engine does not start where anything lacks.",
      ),
    memoryMaxMb: whole(256, 1_048_576, "Writable memory that one process may have.").default(8_192),
    read: z
      .array(path("A file or a folder."))
      .max(64)
      .default([])
      .describe("What plugins read besides media roots, such as their own pictures and fonts."),
    write: z
      .array(path("A file, a folder or a device."))
      .max(64)
      .default([])
      .describe("What plugins write to, and devices that they work. Nothing new is made there."),
    environment: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
          .meta({ title: "the name of an environment variable", examples: ["LIBGL_DRIVERS_PATH"] }),
      )
      .max(64)
      .default([])
      .describe(
        "Variables of the engine's environment that plugins see besides those of the runtime and of drivers.",
      ),
  })
  .prefault({})
  .describe("What processes that open media or encode are held to (docs/security.md).");

/** Adds what processes with this decoder may do. */
const decoderUse = pluginUse("a decoder").extend({
  allow: z
    .array(z.enum(["network", "programs", "devices"]))
    .max(3)
    .default([])
    .describe(
      "What processes may do for this decoder's sake: reach other hosts, begin programs, work devices. Schemes of media.protocols other than file bring the network along.",
    ),
});

const engineSection = z
  .strictObject({
    id: slug(32, "Names this engine on its host: in shared memory, logs and metrics.").default("playout-1"),
    dataDir: path("Folder for applied plans and as-run.").default("./var"),
    keepDays: whole(1, 3_650, "Days after which applied plans and as-run are pruned.").default(30),
    isolation: z
      .enum(["process", "none"])
      .default("process")
      .describe("Process: each channel decodes in a worker of its own. None: within the engine."),
    spareWorkers: whole(0, 16, "Warm workers kept ready to replace one that died.").default(1),
    sandbox: sandboxSection,
  })
  .prefault({})
  .describe("This engine.");

const mediaSection = z
  .strictObject({
    roots: z
      .array(path("A folder; symbolic links are followed and must stay beneath a root."))
      .min(1)
      .max(64)
      .default(["./media"])
      .describe("Folders beneath which media may lie; nothing outside is ever opened."),
    protocols: z
      .array(
        z
          .string()
          .regex(/^[a-z][a-z0-9+.-]{0,31}$/)
          .meta({ title: 'the scheme of a URI such as "file" or "https"', examples: ["file"] }),
      )
      .max(32)
      .default(["file"])
      .describe("Schemes that an asset's URI may have; workers have no network unless one needs it."),
  })
  .prefault({})
  .describe("What may be opened.");

/** Clocks of the engine itself; any other name is a plugin's. */
export const builtInClocks = ["system", "master", "manual"] as const;

const clockSection = z
  .strictObject({
    use: pluginName("Clock: system, master (the scheduler's), manual (for tests), or a plugin.").default(
      "system",
    ),
    options: pluginOptions,
  })
  .prefault({})
  .describe("What house time follows.");

const telemetrySection = z
  .strictObject({
    metrics: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Whether metrics are served."),
        listen: tcpAddress("Serves `/metrics`; a port in use is logged and does not stop playout.").default(
          "127.0.0.1:9308",
        ),
      })
      .prefault({})
      .describe("Prometheus."),
    log: z
      .strictObject({
        level: z
          .enum(["trace", "debug", "info", "warn", "error", "fatal"])
          .default("info")
          .describe("Lowest level that is logged."),
        format: z
          .enum(["auto", "json", "pretty"])
          .default("auto")
          .describe("One JSON object a line, or lines for people; auto: pretty on a terminal."),
      })
      .prefault({})
      .describe("Log lines."),
  })
  .prefault({})
  .describe("Metrics and logs.");

const httpSection = z
  .strictObject({
    control: z
      .strictObject({
        listen: tcpAddress("Serves Connect and the page; transports mount on it.").default("127.0.0.1:8090"),
        corsOrigins: z
          .array(
            z
              .string()
              .max(300)
              .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/)
              .meta({
                title: "an origin such as https://console.example",
                examples: ["https://console.example"],
              }),
          )
          .max(32)
          .default([])
          .describe("Origins whose pages may call the control plane; none by default."),
      })
      .prefault({})
      .describe("The control plane over HTTP."),
    view: z
      .strictObject({
        listen: tcpAddress(
          "Serves outputs, playlist and snapshots. Where absent: that of http.control.",
        ).optional(),
      })
      .prefault({})
      .describe("What viewers may reach. It asks for no token, since players cannot send one."),
  })
  .prefault({})
  .describe("The engine's HTTP server.");

/** Below 16 characters a token can be guessed over a network. */
const tokenLengthMin = 16;

const securitySection = z
  .strictObject({
    tokens: z
      .array(
        z
          .strictObject({
            name: slug(64, "Who the token is for; it is logged in place of the token."),
            token: z
              .string()
              .min(tokenLengthMin)
              .max(1_024)
              .regex(/^[A-Za-z0-9._~+/=-]+$/)
              .meta({
                title: "a token of 16 to 1024 characters out of A-Z a-z 0-9 . _ ~ + / = -",
                description: "The bearer token; better given as ${NAME} or tokenFile than in the file.",
              })
              .optional(),
            tokenFile: path("File whose first line is the bearer token.").optional(),
          })
          .refine((value) => (value.token === undefined) !== (value.tokenFile === undefined), {
            message: "exactly one of token and tokenFile",
          }),
      )
      .max(64)
      .default([])
      .describe("Bearer tokens that open the control plane beyond loopback and Unix sockets."),
    tls: z
      .strictObject({
        certFile: path("Certificate chain, PEM."),
        keyFile: path("Private key, PEM."),
        clientCaFile: path("Authorities whose client certificates open the control plane, PEM.").optional(),
      })
      .optional()
      .describe(
        "Encrypts gRPC's TCP listeners, on loopback too, and makes `https://` listeners of `@retrovue/transport-connect` possible. `http.control`, `http.view`, `http://` and `h2c://` stay in clear text: keep them on loopback, or behind a proxy that encrypts.",
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe("True: listens beyond loopback although nothing asks callers who they are."),
  })
  .prefault({})
  .describe("Who may control the engine, the same for every transport.");

const attachSection = z
  .strictObject({
    allow: z
      .array(
        z
          .string()
          .max(300)
          .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?:\*|[1-9]\d{0,4})$/)
          .meta({
            title: 'an endpoint such as "10.0.0.5:9000" or "10.0.0.5:*"',
            description: "A host with a port, or with * for any port.",
            examples: ["10.0.0.5:9000"],
          }),
      )
      .max(256)
      .default([])
      .describe("Endpoints beyond loopback that AttachStream may connect to."),
  })
  .prefault({})
  .describe("Where AttachStream may send a channel's stream. Without effect until that call is built.");

const limitsSection = z
  .strictObject({
    messageBytes: whole(65_536, 67_108_864, "Size of a control message.").default(4_194_304),
    // 20 000 is the most that a plan holds at all (core: plan.ts).
    planSegments: whole(1, 20_000, "Segments of a plan.").default(20_000),
  })
  .prefault({})
  .describe("Bounds on what comes from outside.");

/** The whole configuration, as a file holds it. Cross-checks between sections are in `rules/`. */
export const configSchema = z
  .strictObject({
    engine: engineSection,
    media: mediaSection,
    clock: clockSection,
    frameBus: z
      .strictObject({
        use: pluginName("Frame bus.").default("@retrovue/framebus-shm"),
        options: pluginOptions,
      })
      .prefault({})
      .describe("Where frames go."),
    decoders: z
      .array(decoderUse)
      .min(1)
      .max(32)
      .default([
        { use: "@retrovue/decoder-libav", options: {}, allow: [] },
        { use: "@retrovue/decoder-pattern", options: {}, allow: [] },
      ])
      .describe("Decoders; their order decides between equal scores."),
    conformer: z
      .strictObject({
        use: pluginName("Conformer.").default("@retrovue/conform-libav"),
        options: pluginOptions,
      })
      .prefault({})
      .describe("Brings pictures and sound to program format."),
    renderer: z
      .strictObject({ use: pluginName("Renderer.").default("@retrovue/renderer"), options: pluginOptions })
      .prefault({})
      .describe("Encodes the bus."),
    transports: z
      .array(pluginUse("a control transport"))
      .max(16)
      .default([
        { use: "@retrovue/transport-grpc", options: { listen: ["127.0.0.1:50051"] } },
        { use: "@retrovue/transport-connect", options: {} },
      ])
      .describe("Control servers. Addresses under `options.listen` are checked for clashes."),
    telemetry: telemetrySection,
    http: httpSection,
    security: securitySection,
    attach: attachSection,
    limits: limitsSection,
    plans: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
          .meta({ title: 'a name of up to 64 letters, digits, ".", "-" and "_"' }),
        path("A plan file, a media file, or a test:// URI."),
      )
      .default({})
      .describe("Plans by name, for `channels` and for requests."),
    unresolvedPlan: z
      .enum(["refuse", "slate"])
      .default("refuse")
      .describe("What a start with an unknown plan does: fail, or start the channel on slate and say so."),
    defaults: defaultsSection,
    channels: z.array(channelSection).max(1_000).default([]).describe("The channels."),
  })
  .describe("Configuration of the RetroVue Playout Engine.");

/** What a file may hold: everything with a default may be absent. */
export type ConfigInput = z.input<typeof configSchema>;
/** A checked file with its defaults filled in; paths are still as written. */
export type ConfigDocument = z.output<typeof configSchema>;
