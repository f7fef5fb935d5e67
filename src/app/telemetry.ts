import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { onLogLine } from "../config/logging.ts";
import { spaceOf } from "../disk/disk.ts";
import type { HttpPorts } from "../http/http.ts";
import { onceLoaded } from "../lib/once.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { GaugeSources } from "../telemetry/gauges.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { Watching } from "../telemetry/watching.ts";

/** Loading what counts holds everything else up for a while: the first task begins before that. */
const COUNT_AFTER_MS = 300;

/** What is told of the service to those outside. */
export type Observed = {
  readonly telemetry: Telemetry;
  /** What the HTTP edge serves of it. */
  readonly served: (
    sources: GaugeSources,
  ) => Required<Pick<HttpPorts, "telemetry" | "hasAccessLog">> & Pick<HttpPorts, "metricsText">;
  /** Counts from soon on, and what happened before; until then nothing of it is loaded. To be called when the service is ready. */
  readonly count: () => void;
  /** Sends what is left to be sent. */
  readonly close: () => Promise<void>;
};

/**
 * Begins to observe. What sends traces is loaded only if they are sent, and what counts only when the service is ready.
 */
export async function openTelemetry(
  config: Config,
  version: string,
  runtime: Runtime,
): Promise<Observed> {
  const tracing = config.tracesUrl === "" ? undefined : await openTracing(config, version);
  const watching = new Watching(tracing);
  const hasMetrics = config.metrics === "yes";
  if (hasMetrics) onLogLine((level) => watching.logged(level));
  else watching.count(undefined);
  const load = onceLoaded(async () => {
    const metrics = new (await import("../telemetry/metrics.ts")).Metrics();
    watching.count(metrics);
    return metrics;
  });
  const served: Observed["served"] = (sources) => {
    const refresh = onceLoaded(async () => {
      const metrics = await load();
      const { watchGauges } = await import("../telemetry/gauges.ts");
      const build = { version, runtime: `${runtime.name} ${runtime.version}` };
      const facts = { build, folders: foldersOf(config), spaceOf };
      return { metrics, refresh: watchGauges(metrics, sources, facts) };
    });
    const metricsText = async (): Promise<string> => {
      const gauges = await refresh();
      await gauges.refresh();
      return gauges.metrics.registry.metrics();
    };
    const hasAccessLog = config.accessLog === "yes";
    return { telemetry: watching, hasAccessLog, ...(hasMetrics && { metricsText }) };
  };
  return {
    telemetry: watching,
    served,
    count: () => {
      if (hasMetrics) setTimeout(load, COUNT_AFTER_MS).unref();
    },
    close: async () => {
      onLogLine(undefined);
      await tracing?.close();
    },
  };
}

async function openTracing(
  { tracesUrl: url, tracesHeaders: headers, tracesPercent: percent }: Config,
  version: string,
): Promise<Tracing> {
  const [{ Tracing }, { SpanSender }] = await Promise.all([
    import("../telemetry/tracing.ts"),
    import("../telemetry/span-sender.ts"),
  ]);
  return new Tracing(new SpanSender({ url, headers, version }), percent);
}

/** The disks of the service's own folders and of the media, which are numbered: paths are nobody's business. */
function foldersOf({
  disk,
  dataFolder,
  databasePath,
  mediaRoots,
}: Config): readonly (readonly [name: string, folder: string])[] {
  if (disk === "no") return [];
  return [
    ["data", dataFolder],
    ...(databasePath === ":memory:" ? [] : ([["database", dirname(databasePath)]] as const)),
    ...mediaRoots.map((root, at) => [`media_${at + 1}`, root] as const),
  ];
}
