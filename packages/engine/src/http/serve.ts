import type { Container } from "@retrovue/core/di";
import type { Log } from "../log/log.js";
import { StatusPage } from "../outputs/status-page.js";
import type { Teardown } from "../teardown.js";
import { engineTokens } from "../tokens.js";
import { answerText, HttpListener } from "./http-listener.js";

/** Where an engine listens, as `127.0.0.1:8090`; undefined where it does not. */
export interface EngineAddresses {
  readonly control: string;
  /** That of `control` where both share one. */
  readonly view: string;
  readonly metrics: string | undefined;
}

/** Beginnings of the paths at which transports mount the control plane. */
const controlPaths = ["/retrovue.playout.", "/grpc.health.v1."];

/**
 * Opens the engine's HTTP servers: control and health on `http.control`, what viewers see on `http.view` (the same server, where
 * the addresses are), and a port for each channel that has one. A taken address of the first two ends the start.
 */
export async function serveHttp(container: Container, teardown: Teardown): Promise<EngineAddresses> {
  const { http, channels } = container.resolve(engineTokens.config);
  const metrics = await serveMetrics(container, teardown);
  const listener = container.resolve(engineTokens.controlListener);
  const views = container.resolve(engineTokens.viewPages);
  const health = container.resolve(engineTokens.health);
  health.mount(listener);
  // The control plane comes when channels are on air, and goes before this server does.
  for (const path of controlPaths) listener.announce(path, () => health.phase !== "serving");
  // The page plays what viewers see, so both are there on the server that has it.
  new StatusPage().mount(listener);
  views.mount(listener);
  teardown.add("telemetry", "http.control", () => listener[Symbol.asyncDispose]());
  const control = await listener.listen(http.control.listen);
  const view = http.view.listen === http.control.listen ? control : await serveViews(container, teardown);
  const ports = container.resolve(engineTokens.channelPorts);
  teardown.add("outputs", "ports of channels", () => ports[Symbol.asyncDispose]());
  await ports.setConfigured(channels);
  return { control, view, metrics };
}

/** What viewers may reach, on an address of its own. */
async function serveViews(container: Container, teardown: Teardown): Promise<string> {
  const listener = new HttpListener(container.resolve(engineTokens.log));
  container.resolve(engineTokens.viewPages).mount(listener);
  teardown.add("telemetry", "http.view", () => listener[Symbol.asyncDispose]());
  return await listener.listen(container.resolve(engineTokens.config).http.view.listen);
}

/** `/metrics`, and the health pages once more, so that what scrapes can ask on one port. A taken port is told and left. */
async function serveMetrics(container: Container, teardown: Teardown): Promise<string | undefined> {
  const { telemetry } = container.resolve(engineTokens.config);
  const log: Log = container.resolve(engineTokens.log);
  const metrics = container.resolve(engineTokens.prometheus);
  if (!telemetry.metrics.enabled) return undefined;
  const listener = new HttpListener(log);
  listener.page("/metrics", async (_request, response) => {
    const { contentType, text } = await metrics.read();
    response.writeHead(200, { "content-type": contentType });
    response.end(text);
  });
  listener.page("/", (_request, response) => answerText(response, 404, "Metrics are at /metrics.\n"));
  container.resolve(engineTokens.health).mount(listener);
  teardown.add("telemetry", "metrics", () => listener[Symbol.asyncDispose]());
  try {
    return await listener.listen(telemetry.metrics.listen);
  } catch (thrown) {
    log.error({ err: thrown, address: telemetry.metrics.listen }, "metrics are not served");
    return undefined;
  }
}
