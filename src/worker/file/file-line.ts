import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunRequest } from "../../engine/engine.ts";
import { onceLoaded } from "../../lib/once.ts";
import { FONTS_FOLDER } from "../../plan/encode/drawn/drawn-subtitles.ts";
import type { Plan, Step } from "../../plan/plan.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { type JoinRun, runJoin } from "../further/join-parts.ts";
import { runStepOn } from "../hardware/on-hardware.ts";
import type { Verified } from "../output/verify-products.ts";
import type { KeptRun } from "../parts/run-kept.ts";
import type { SharedSource } from "../parts/slicing.ts";
import { planSource } from "../plan-source.ts";
import type { JudgingRun, Run } from "../run.ts";
import type { Line, StepReports } from "../runner.ts";
import { withLoudness } from "../sound/measure-loudness.ts";
import { withCaptions } from "../source/source-captions.ts";
import { copyFonts } from "../subtitles/fonts.ts";
import { settleTexts } from "../subtitles/text-files.ts";

// What reads the captions in pictures: few tasks want that.
const captions = onceLoaded(() => import("../subtitles/caption-texts.ts"));

// What shares slices: only in a fleet.
const sharingWork = onceLoaded(() => import("../parts/lead-parts.ts"));

// What keeps slices for a later run: only of long encodes.
const keepingWork = onceLoaded(() => import("../parts/run-kept.ts"));

// What shares out what a first pass has found: only of long encodes in two passes.
const sharesWork = onceLoaded(() => import("../parts/share-out.ts"));

// Loaded while the first step runs.
const verifying = onceLoaded(() => import("../output/verify-products.ts"));

const CHUNK_BYTES = 1 << 20;

/** @returns whether it has run a step in parts that outlive this run: else it is to be run as it is */
async function runInParts(
  { engine, claim, decide }: Pick<Run, "engine" | "decide"> & Partial<Pick<Run, "claim">>,
  { sharing, keeping }: Pick<FileSource, "sharing" | "keeping">,
  request: RunRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const { sliced, analysis, hardware } = request.step;
  if (!(sliced || analysis) || !claim || hardware) return false;
  if (sharing) {
    const { analyseShared, runShared } = await sharingWork();
    const shared = { ...claim, ...sharing, engine, decide };
    if (sliced) await runShared(shared, request, sliced, signal);
    else if (analysis) await analyseShared(shared, request, analysis, signal);
    return true;
  }
  if (!keeping) return false;
  const { analyseKept, runKept } = await keepingWork();
  const kept = { ...keeping, engine, taskId: claim.taskId, decide };
  if (sliced) await runKept(kept, request, sliced, signal);
  else if (analysis) await analyseKept(kept, request, analysis, signal);
  return true;
}

/** The line of a source that is a file. Its steps may be given a signal of their own. */
export type FileLine = Omit<Line<readonly Verified[]>, "deliver" | "reuse" | "runStep"> & {
  readonly runStep: (step: Step, reports: StepReports, own?: AbortSignal) => Promise<void>;
};

/** Where a line works, and what it reads. */
type FileSource = {
  readonly folder: string;
  readonly path: string;
  /** What makes the file at `path` first, of several sources. */
  readonly joins?: JoinRun;
  /** Absolute path of the folder of the operator's own fonts, if there is one. */
  readonly fonts?: string | undefined;
  /** How its slices are shared with other workers, if they are. */
  readonly sharing?: SharedSource | undefined;
  /** How its slices are kept for a later run, if they are. */
  readonly keeping?: Pick<KeptRun, "kept" | "source"> | undefined;
};

/**
 * Makes products in a work folder out of a source that is a file; where they are delivered is up to the caller.
 *
 * @param folder - absolute path of the work folder
 * @param path - absolute path of the source; what its steps read beside it is `further`
 * @param planFor - decides purely, by what is known of the source
 */
export const fileLine = (
  run: JudgingRun & Pick<Run, "decide"> & Partial<Pick<Run, "claim">>,
  {
    folder,
    path,
    joins,
    fonts,
    sharing,
    keeping,
    ...beside
  }: FileSource & Pick<RunRequest, "further">,
  planFor: (media: MediaInfo) => Plan,
): FileLine => {
  const { engine, signal } = run;
  return {
    plan: (media) =>
      planSource(media, planFor, {
        bytes: () => createReadStream(path, { highWaterMark: CHUNK_BYTES, signal }),
        packets: () => engine.probe({ path, side: "source", packets: true }, signal),
        loudness: (known, asked) => withLoudness(known, asked, path, { engine, signal, folder }),
        captions: async (known) => (await withCaptions({ path, media: known }, signal)).media,
      }),
    runStep: async (asked, reports, own = signal) => {
      const step = asked.sliced?.analyses
        ? await (await sharesWork()).withShares(asked, { folder, decide: run.decide }, own)
        : asked;
      // That it fails is told when something is verified.
      verifying().catch(() => {});
      const request = { step, folder, inputPath: path, ...beside, ...reports };
      if (joins && step.name === "join") await runJoin(engine, joins, request, own);
      else if (!(await runInParts(run, { sharing, keeping }, request, own)))
        await runStepOn(run, request, own);
      if (step.texts) await settleTexts(folder, step.texts);
      if (step.captions) await (await captions()).settleCaptions(folder, step.captions, own);
      if (step.needsFonts && fonts !== undefined)
        await copyFonts(fonts, join(folder, FONTS_FOLDER), own);
    },
    verify: async ({ plan, media }, damage) => {
      const { verifyProducts } = await verifying();
      return verifyProducts(plan, { folder, sourcePath: path, media, damage }, run);
    },
    discard: async ({ products }) => {
      for (const { entry } of products)
        await rm(join(folder, dirname(entry)), { recursive: true, force: true });
    },
  };
};
