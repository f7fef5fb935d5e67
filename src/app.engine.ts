import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { allTrusted } from "./config/authorities.ts";
import type { Config } from "./config/config.ts";
import { type ChosenEngine, chooseEngine } from "./engine/choose.ts";

const log = getLogger(["pontus"]);

/** A probe reads headers and a few packets; one that takes longer waits for something that does not come. */
const PROBE_TIMEOUT_MS = 60_000;

/** Finds out which engine this machine has, and opens it. @throws {TaskError} where there is none */
export async function openEngine(config: Config): Promise<ChosenEngine> {
  const { ffmpeg, ffprobe, pixelsMax, stallTimeoutMs, stopGraceMs, concurrency } = config;
  const limits = {
    maxPixels: pixelsMax,
    stallTimeoutMs,
    graceMs: stopGraceMs,
    probeTimeoutMs: PROBE_TIMEOUT_MS,
  };
  const isDiskless = config.disk === "no";
  const chosen = await chooseEngine({
    wanted: config.engine,
    isDiskless,
    native: {
      ...limits,
      ffmpeg,
      ffprobe,
      threads: concurrency,
      capabilitiesFile: join(config.dataFolder, "capabilities.json"),
      peers: { resolve: resolveAny, trusted: () => allTrusted(config.moreTrusted) },
    },
    wasm: {
      ...limits,
      ...(config.wasmCoreUrl !== "" && { coreUrl: config.wasmCoreUrl }),
      onDownload: (file, percent) => log.info("Fetched {percent} % of {file}", { file, percent }),
    },
  });
  const { name, capabilities } = chosen.engine;
  const { version } = capabilities;
  log.info("Engine is {name}: ffmpeg {version}, as {why}", { name, version, why: chosen.why });
  for (const lack of chosen.lacks) log.info("Engine {name} is limited: {lack}", { name, lack });
  return chosen;
}

const resolveAny = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);
