import { tmpdir } from "node:os";
import { maskSecrets } from "../../lib/mask.ts";
import type { Hardware, HardwareFamily } from "../../plan/device/hardware.ts";
import { TaskError } from "../../task/errors.ts";
import { limitTime } from "../ffmpeg/time-limit.ts";
import type { DeviceOptions } from "../hardware/hardware-device.ts";
import { searchDevice, type TrialRun } from "../hardware/trials.ts";
import { type EngineBounds, ON_DEVICE, UNBOUNDED } from "../process/bounds.ts";
import { runSubprocess } from "../process/subprocess.ts";

/** Which hardware encoders are wanted. */
export type HardwareWish = {
  readonly wanted: "auto" | HardwareFamily;
  /** Which of several devices; empty for the first. */
  readonly device: string;
  readonly sessionsMax: number;
  /** Told what trials have shown, if that is new. */
  readonly onFound: (found: Hardware | string) => void;
};

/** A device that works has encoded a second of a small picture long before. */
const TRIAL_TIMEOUT_MS = 10_000;
/** More than the lines of all packets of a trial. */
const STDOUT_CHARS_MAX = 100_000;

/** How trials are run. */
type TrialProgram = {
  readonly ffmpeg: string;
  readonly graceMs: number;
  readonly bounds?: EngineBounds;
};

/** How the device of a machine is found with this ffmpeg. @param listed - the encoders that it lists */
export function deviceOptions(
  program: TrialProgram,
  { wanted, device, sessionsMax, onFound }: HardwareWish,
  listed: readonly string[],
): DeviceOptions {
  let told = "";
  return {
    sessionsMax,
    nowMs: () => performance.now(),
    search: (signal) =>
      searchDevice(
        { wanted, device, listed, run: (args, own) => trial(program, args, own) },
        signal,
      ),
    onFound: (found) => {
      const text = JSON.stringify(found);
      if (text !== told) onFound(found);
      told = text;
    },
  };
}

async function trial(
  { ffmpeg, graceMs, bounds = UNBOUNDED }: TrialProgram,
  args: readonly string[],
  signal: AbortSignal,
): Promise<TrialRun> {
  const late = new TaskError("encoder_missing", `no answer within ${TRIAL_TIMEOUT_MS / 1000} s`);
  const limit = limitTime(signal, TRIAL_TIMEOUT_MS, late);
  const cwd = tmpdir();
  const within = {
    confinement: bounds.confinement,
    bounds: { limits: {}, seen: { writes: [], reads: [], ...ON_DEVICE.seen } },
  };
  let stdout = "";
  const onStdout = (chunk: string) => {
    stdout = (stdout + chunk).slice(0, STDOUT_CHARS_MAX);
  };
  try {
    const run = { command: ffmpeg, args, cwd, graceMs, within, onStdout };
    const { code, stderr } = await runSubprocess(run, limit.signal);
    return code === 0 ? { stdout } : { fault: firstLine(stderr) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  } finally {
    limit.end();
  }
}

/** The cause comes before its consequences. An address of memory in it differs each time. */
const firstLine = (stderr: string): string => {
  const [line = ""] = stderr.split("\n").filter(Boolean);
  return maskSecrets(line.replace(/^\[(\S+) @ 0x[0-9a-f]+\] /, "")) || "ffmpeg says nothing";
};
