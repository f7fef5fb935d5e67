import { encoderName, TRIAL_FRAMES, trialArgs } from "../../plan/args/hardware/trial.ts";
import {
  HARDWARE_CODECS,
  HARDWARE_FAMILIES,
  type Hardware,
  type HardwareCodec,
  type HardwareEncoder,
  type HardwareFamily,
} from "../../plan/device/hardware.ts";

/** Which devices are looked for, and by what. */
export type SearchOptions = {
  readonly wanted: "auto" | HardwareFamily;
  /** Which of several devices; empty for the first. */
  readonly device: string;
  /** The encoders that this ffmpeg lists. Most builds list those of devices that are not there. */
  readonly listed: readonly string[];
  /** Runs ffmpeg. @returns its stdout if it ended well, else the first line of its complaints in `fault`. Never rejects */
  readonly run: (args: readonly string[], signal: AbortSignal) => Promise<TrialRun>;
};

/** How a trial went. */
export type TrialRun = { readonly stdout: string } | { readonly fault: string };

const CODECS = Object.keys(HARDWARE_CODECS) as readonly HardwareCodec[];

/** A packet in the lines of `framecrc`: the stream, its times, its size and its checksum. */
const PACKET = /^\d+,.*0x[0-9a-f]+/gm;

/**
 * Tries the encoders of a machine's devices out, by a short encode each.
 *
 * @returns the first device that encodes anything, with all its encoders that work; else why there is none: half a sentence
 */
export async function searchDevice(
  options: SearchOptions,
  signal: AbortSignal,
): Promise<Hardware | string> {
  const { wanted, listed } = options;
  const families = wanted === "auto" ? HARDWARE_FAMILIES : [wanted];
  const faults: string[] = [];
  for (const family of families) {
    const codecs = CODECS.filter((codec) => listed.includes(encoderName(codec, family)));
    if (codecs.length === 0) faults.push(`this ffmpeg has no encoder of ${family}`);
    else {
      const found = await tryFamily(family, codecs, options, signal);
      if (typeof found !== "string") return found;
      faults.push(found);
    }
    if (signal.aborted) break;
  }
  return faults.join("; ");
}

async function tryFamily(
  family: HardwareFamily,
  codecs: readonly HardwareCodec[],
  options: SearchOptions,
  signal: AbortSignal,
): Promise<Hardware | string> {
  const device = options.device === "" ? {} : { device: options.device };
  const encoders: Partial<Record<HardwareCodec, HardwareEncoder>> = {};
  let fault = "";
  for (const codec of codecs) {
    const encoder = { family, name: encoderName(codec, family), ...device };
    const tried = await tryEncoder(codec, encoder, options, signal);
    if (typeof tried !== "string") encoders[codec] = tried;
    else fault ||= tried;
    if (signal.aborted) break;
  }
  return Object.keys(encoders).length > 0 ? { family, ...device, encoders } : fault;
}

/** Tries an encoder with B-frames, and without if that fails: some devices make none. */
async function tryEncoder(
  codec: HardwareCodec,
  encoder: Omit<HardwareEncoder, "hasBFrames">,
  { run }: SearchOptions,
  signal: AbortSignal,
): Promise<HardwareEncoder | string> {
  let fault = "";
  for (const hasBFrames of [true, false]) {
    const tried = { ...encoder, hasBFrames };
    const outcome = await run(trialArgs(codec, tried), signal);
    const packets = "stdout" in outcome ? (outcome.stdout.match(PACKET)?.length ?? 0) : 0;
    if (packets === TRIAL_FRAMES) return tried;
    const why =
      "fault" in outcome ? outcome.fault : `it made ${packets} of ${TRIAL_FRAMES} pictures`;
    fault ||= `${encoder.name} fails: ${why}`;
    if (signal.aborted) break;
  }
  return fault;
}
