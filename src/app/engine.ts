import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { allTrusted } from "../config/authorities.ts";
import type { Config } from "../config/config.ts";
import { using } from "../config/using.ts";
import { type ChosenEngine, chooseEngine } from "../engine/choose.ts";
import type { Engine } from "../engine/engine.ts";
import { tellDevice } from "../engine/hardware/hardware-device.ts";
import type { HardwareWish } from "../engine/native/native-hardware.ts";
import type { EngineBounds } from "../engine/process/bounds.ts";
import { openConfinement } from "../engine/process/open-confinement.ts";
import type { EgressPolicy } from "../net/egress-policy.ts";
import type { Hardware } from "../plan/device/hardware.ts";
import type { Capabilities } from "../plan/plan.ts";

const log = getLogger(["pontus"]);

/** A probe reads headers and a few packets; one that takes longer waits for something that does not come. */
const PROBE_TIMEOUT_MS = 60_000;

/**
 * Finds out which engine this machine has, and opens it.
 *
 * @param policy - which peers of live streams it may call
 * @param isForOne - whether it is for a single task
 * @throws {TaskError} where there is none
 */
export async function openEngine(
  config: Config,
  policy: EgressPolicy,
  isForOne = false,
): Promise<ChosenEngine> {
  const { ffmpeg, ffprobe, pixelsMax, outputPixelsMax, stallTimeoutMs, stopGraceMs, concurrency } =
    config;
  const hardware = hardwareOf(config);
  const limits = {
    maxPixels: pixelsMax,
    outputPixelsMax,
    stallTimeoutMs,
    graceMs: stopGraceMs,
    probeTimeoutMs: PROBE_TIMEOUT_MS,
  };
  const isDiskless = config.disk === "no";
  const opened = isDiskless ? undefined : await openBounds(config);
  const chosen = await chooseEngine({
    wanted: config.engine,
    isDiskless,
    native: {
      ...limits,
      ffmpeg,
      ffprobe,
      threads: concurrency,
      isForOne,
      capabilitiesFile: join(config.dataFolder, "capabilities.json"),
      peers: { policy, trusted: () => allTrusted(config.moreTrusted) },
      ...(hardware && { hardware }),
      ...(opened && { bounds: opened.bounds }),
    },
    ...(opened && { nativeLacks: opened.lacks }),
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

/** Which hardware encoders are looked for; the log says what is found. */
function hardwareOf({
  hardware: wanted,
  hardwareDevice: device,
  hardwareSessionsMax: sessionsMax,
}: Config): HardwareWish | undefined {
  if (wanted === "off") return undefined;
  const onFound = (found: Hardware | string) => {
    if (typeof found !== "string") log.info("Hardware: {device}", { device: tellDevice(found) });
    // Whoever names a device expects it; `auto` is also for machines that have none.
    else if (wanted === "auto") log.info("No hardware encoder works here: {why}", { why: found });
    else log.warn("Cannot encode by {wanted}: {why}", { wanted, why: found });
  };
  return { wanted, device, sessionsMax, onFound };
}

/** How ffmpeg is kept within bounds here. @throws {ConfigError} if the sandbox that is wanted cannot be made */
async function openBounds({
  engine,
  ffmpeg,
  ffprobe,
  sandbox,
  sandboxPaths,
  memoryBytes,
  cpuSeconds,
  fileBytes,
}: Config): Promise<
  { readonly bounds: EngineBounds; readonly lacks: readonly string[] } | undefined
> {
  if (engine === "wasm") return undefined;
  const options = { sandbox, sandboxPaths, programs: [ffmpeg, ffprobe] };
  const { confinement, lack } = await using("sandbox", sandbox, () => openConfinement(options));
  const bounds = { confinement, allowance: { memoryBytes, cpuSeconds, fileBytes } };
  return { bounds, lacks: lack === undefined ? [] : [lack] };
}

/** What plans are made with here, and what is refused when a task is created. */
export const capabilitiesOf = (
  { capabilities, streamed }: Engine,
  { disk }: Pick<Config, "disk">,
): Capabilities => (disk === "no" && streamed?.capabilities) || capabilities;
