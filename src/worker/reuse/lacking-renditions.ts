import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { type MadeRendition, recipesIn, renditionsMade } from "../../plan/reuse/renditions.ts";
import { toldRuns } from "../../plan/tell.ts";
import { WrongCopy } from "../../plan/verify/wrong-copy.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import type { About } from "./about-result.ts";
import { keyOf, type MadeOf, type Make, type Results, type ReusingRun } from "./result-keys.ts";
import type { SourceDigest } from "./source-digests.ts";

/** What was made, of which a part may have been there. */
export type Lacking = {
  readonly made: readonly Verified[];
  /** The same, in which renditions whose picture was there say so. */
  readonly marked: readonly Verified[];
  /** The keys of the pictures of the set that was made, none of a copy; absent if they are not used again singly. */
  readonly videos?: About["videos"];
};

/** What a run makes a set of, and whose results it uses. */
type Ground = {
  readonly run: ReusingRun;
  readonly results: Results;
  readonly of: MadeOf;
  readonly source: SourceDigest;
};

/** Failures that what was put beside an encode may be the cause of. */
const DOUBTED: readonly ErrorCode[] = [
  "output_wrong",
  "source_damaged",
  "encoder_stalled",
  "unknown",
];

/**
 * Makes what a plan makes; of a set, the pictures of which are kept, also as a part of other sets of the same source, it encodes only those that
 * are not. All of it is verified. If it is wrong then, all is encoded.
 *
 * @throws what making it throws
 */
export async function makeLacking(ground: Ground, planned: Planned, make: Make): Promise<Lacking> {
  const { run, results, of, source } = ground;
  const recipes = recipesIn(planned.plan);
  if (typeof recipes === "string")
    run.decide(`Is kept to be used again as a whole, and not by renditions: ${recipes}`);
  if (recipes === undefined || typeof recipes === "string") return whole(await make());
  const videos = recipes.map((recipe) =>
    recipe === undefined ? null : keyOf(run, results, source, recipe),
  );
  const taken = await takeVideos(ground, videos);
  if (taken.made.length === 0) return { ...whole(await make()), videos };
  const { length: all } = recipes;
  run.decide(
    taken.made.length === all
      ? `Uses all ${all} renditions, which were made before for other sets, and encodes no picture`
      : `Uses ${taken.made.length} of ${all} renditions that were made before, and encodes the others`,
  );
  const other = { ...planned, plan: of.planWith(planned.media, taken.made) };
  for (const sentence of toldRuns(other.plan.steps)) run.decide(sentence);
  const made = await make(other)
    .catch(async (error: unknown) => {
      run.signal.throwIfAborted();
      if (!isDoubted(error)) throw error;
      run.decide(`Encodes all renditions: ${error.message}`);
      await of.discard(other.plan);
      return undefined;
    })
    .finally(() => removeAll(of.folder, taken.made));
  if (!made) return { ...whole(await make()), videos };
  results.count("part", taken.bytes);
  return { made, marked: marked(made, planned.plan, taken.made), videos };
}

const whole = (made: readonly Verified[]): Lacking => ({ made, marked: made });

const isDoubted = (error: unknown): error is TaskError =>
  error instanceof TaskError && !(error instanceof WrongCopy) && DOUBTED.includes(error.code);

/** Puts the pictures that are kept into the work folder. */
async function takeVideos(
  { run, results, of }: Ground,
  videos: readonly (string | null)[],
): Promise<{ readonly made: readonly MadeRendition[]; readonly bytes: number }> {
  const made: MadeRendition[] = [];
  let bytes = 0;
  for (const [video, key] of videos.entries()) {
    if (key === null) continue;
    const file = `made-${video}.mp4`;
    const found = await results.cache.takeVideo(key, join(of.folder, file), run.signal);
    if (found === undefined) continue;
    made.push({ video, file });
    bytes += found;
  }
  return { made, bytes };
}

const removeAll = async (folder: string, made: readonly MadeRendition[]): Promise<void> => {
  for (const { file } of made) await rm(join(folder, file), { force: true });
};

/** What was made, in which renditions whose picture was there say so. */
function marked(
  made: readonly Verified[],
  plan: Plan,
  taken: readonly MadeRendition[],
): readonly Verified[] {
  const were = renditionsMade(
    plan,
    taken.map(({ video }) => video),
  );
  return made.map(({ output, ...rest }) => {
    const renditions = output.renditions?.map((one, at) =>
      were[at] ? { ...one, reused: true as const } : one,
    );
    return { ...rest, output: { ...output, ...(renditions && { renditions }) } };
  });
}
