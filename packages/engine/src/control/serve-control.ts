import {
  type ControlServices,
  type Endpoint,
  PlayoutError,
  type PluginContext,
  type Transport,
} from "@retrovue/core";
import type { Container } from "@retrovue/core/di";
import type { HttpListener } from "../http/http-listener.js";
import { pluginLog } from "../log/log.js";
import { configuredPlugins } from "../plugins/configured-plugins.js";
import { loadPlugin } from "../plugins/load-plugin.js";
import { callsNsMax, type Teardown } from "../teardown.js";
import { engineTokens } from "../tokens.js";
import { controlAccess } from "./access.js";

/**
 * Starts the configured transports over the control plane; resolves to where they listen. One that cannot start ends the start of
 * the engine, with its place in the message. But where nobody wrote a configuration, a port that is taken is told and left as
 * long as another transport serves: the second engine that somebody tries out on a host plays all the same.
 */
export async function serveControl(
  scope: Container,
  control: ControlServices,
  teardown: Teardown,
): Promise<readonly Endpoint[]> {
  const config = scope.resolve(engineTokens.config);
  const host = scope.resolve(engineTokens.hostTime);
  const listener: HttpListener = scope.resolve(engineTokens.controlListener);
  const log = scope.resolve(engineTokens.log);
  const access = controlAccess(config);
  const endpoints: Endpoint[] = [];
  let left: PlayoutError | undefined;
  for (const use of configuredPlugins(config).transports) {
    const context: PluginContext = {
      log: pluginLog(log, use.use),
      configFolder: config.folder,
      mediaRoots: config.media.roots,
      protocols: config.media.protocols,
      access,
    };
    const transport: Transport = await (await loadPlugin(use, config.folder)).create(context, {});
    teardown.add("transports", use.place, async () => {
      const patience = new AbortController();
      using _timer = host.timer.after(callsNsMax, () =>
        patience.abort(new PlayoutError("Timeout", "Calls took too long to end.")),
      );
      await transport.stop(patience.signal);
    });
    try {
      endpoints.push(...(await transport.start(control, listener, new AbortController().signal)));
    } catch (thrown) {
      const error = atPlace(thrown, use.place);
      if (config.file !== undefined || error.code !== "PortInUse") throw error;
      log.error({ err: error }, "a control transport does not listen");
      left ??= error;
    }
  }
  if (left !== undefined && endpoints.length === 0) throw left;
  return endpoints;
}

/** The same error, with the place in the configuration that the reader has to look at. */
function atPlace(thrown: unknown, place: string): PlayoutError {
  const error = PlayoutError.from(thrown);
  return new PlayoutError(error.code, `${place}: ${error.what}`, {
    cause: error,
    ...(error.remedy !== undefined && { remedy: error.remedy }),
    details: { ...error.details, place },
  });
}
