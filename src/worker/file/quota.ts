import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { inMib } from "../../disk/disk.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import { sleep } from "../../lib/sleep.ts";
import { type Estimate, estimate } from "../../plan/estimate.ts";
import { TaskError } from "../../task/errors.ts";
import type { Run } from "../run.ts";
import type { Line } from "../runner.ts";
import type { FileLine } from "./file-line.ts";

/** How often a work folder is looked at: what an encoder writes meanwhile is less than a watermark. */
const LOOK_MS = 2_000;

/**
 * Limits what the steps of a line write, by what its plan is expected to write. A task that cannot fit on the disk is refused before
 * anything is written, and tried again later; a run that writes far more than planned is ended before it takes the disk from the others.
 *
 * @param folder - absolute path of the work folder
 */
export function limited(
  { assignments, disk, signal }: Pick<Run, "assignments" | "disk" | "signal">,
  folder: string,
  { runStep }: Pick<FileLine, "runStep">,
): Required<Pick<Line<unknown>, "check" | "runStep">> {
  let expected: Estimate | undefined;
  return {
    check: async ({ plan, media }) => {
      expected = estimate(plan, assignments, media);
      if (expected) refuseUnfit(expected, await disk.roomIn(folder));
    },
    runStep: async (step, reports) => {
      const { mostBytes } = expected ?? {};
      if (mostBytes === undefined) return runStep(step, reports, signal);
      await withinQuota({ folder, mostBytes }, signal, (own) => runStep(step, reports, own));
    },
  };
}

function refuseUnfit({ leastBytes }: Estimate, roomBytes: number): void {
  if (leastBytes <= roomBytes) return;
  const [needed, free] = [leastBytes, Math.max(0, roomBytes)].map(inMib);
  throw new TaskError(
    "scratch_full",
    `Cannot write the output: the scratch disk is full, ${needed} are needed and ${free} may be used`,
  );
}

/** Runs an action, which is ended once it has written more into a folder than it may. */
async function withinQuota(
  { folder, mostBytes }: { readonly folder: string; readonly mostBytes: number },
  signal: AbortSignal,
  act: (own: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const ended = Promise.withResolvers<void>();
  let hasEnded = false;
  const before = await bytesBelow(folder);
  const watch = async () => {
    for (let pauseMs = LOOK_MS; ; ) {
      await sleep(pauseMs, ended.promise);
      if (hasEnded) return;
      const beganMs = performance.now();
      const written = (await bytesBelow(folder)) - before;
      if (written > mostBytes) over.abort(tooMuch(written, mostBytes));
      // A folder of many segments takes a while to be looked at: that must stay a small share of the time.
      pauseMs = Math.max(LOOK_MS, 20 * (performance.now() - beganMs));
    }
  };
  const watching = watch();
  try {
    await withOwnSignal([signal, over.signal], act);
  } finally {
    hasEnded = true;
    ended.resolve();
    await watching;
  }
}

const tooMuch = (written: number, mostBytes: number): TaskError =>
  new TaskError(
    "output_wrong",
    `Cannot write the output: its run wrote ${inMib(written)}, and at most ${inMib(mostBytes)} are planned for it`,
  );

/** The size of everything below a folder; links count for themselves, and files that are gone by then for nothing. */
async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  let bytes = 0;
  for (const name of names) {
    const info = await lstat(join(folder, name)).catch(() => undefined);
    bytes += info?.size ?? 0;
  }
  return bytes;
}
