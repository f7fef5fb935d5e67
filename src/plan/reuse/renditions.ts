import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import { recipesOf } from "../args/adaptive-output.ts";
import { drawnBy } from "../args/drawn/drawn-outputs.ts";
import { isFilledAndCopied } from "../args/runs.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { isSoughtByPacket } from "../decide/seeking.ts";
import type { Plan, Step } from "../plan.ts";

/** A picture of a set that was made before: its place among those of the set, and its file in the work folder, an MP4 in fragments. */
export type MadeRendition = { readonly video: number; readonly file: string };

/** The same set, with pictures that are copied of what was made before. Its run reads them behind the source, in their order. */
export const withMade = (
  decisions: readonly OutputDecision[],
  made: readonly MadeRendition[] = [],
): readonly OutputDecision[] =>
  made.length === 0
    ? decisions
    : decisions.map(({ set, ...decision }) => ({
        ...decision,
        ...(set && {
          set: {
            ...set,
            videos: set.videos.map((video, at) => {
              const found = made.findIndex((one) => one.video === at);
              return video === "copy" || found < 0 ? video : { ...video, made: `${found + 1}:0` };
            }),
          },
        }),
      }));

/** The inputs that are pictures made before. */
export const madeInputs = (made: readonly MadeRendition[] = []): readonly string[] =>
  made.flatMap(({ file }) => ["-f", "mov", "-i", file]);

/** What the recipes of a run depend on. */
type RecipeInput = { readonly media: MediaInfo; readonly clip: Clip | undefined };

/**
 * What makes each picture of the set that a run makes: equal for two that are the same whatever else is in their sets, and whatever these
 * are for. Or why its pictures are used again only with all others.
 *
 * @param reading - how the source is read and cut
 */
export function recipesFor(
  decisions: readonly OutputDecision[],
  { media, clip }: RecipeInput,
  reading: () => readonly string[],
): Pick<Step, "recipes"> {
  const [decision] = decisions;
  if (!decision?.set) return {};
  const whole = wholeOf(decision, decisions.length > 1, { media, clip });
  if (whole !== undefined) return { recipes: whole };
  const read = reading();
  const recipes = recipesOf(decision, decision.set, media);
  return { recipes: recipes.map((recipe) => recipe && JSON.stringify([read, recipe])) };
}

function wholeOf(
  decision: OutputDecision,
  isAmongOthers: boolean,
  { media, clip }: RecipeInput,
): string | undefined {
  if (isAmongOthers) return "other outputs are made with it";
  if (decision.reads) return "it reads more than its source";
  if (drawnBy([decision]).length > 0) return "subtitles are drawn into it";
  if (isFilledAndCopied(decision)) return "its sound is both copied and filled up";
  if (clip && isSoughtByPacket(media)) return "its clip is cut out of what is encoded";
  return undefined;
}

/** What makes each picture of the one set that a plan makes, or why they are used again only together; undefined if it makes another thing. */
export function recipesIn({ steps, products }: Plan): Step["recipes"] {
  if (!products.some(({ set }) => set)) return undefined;
  if (products.length > 1) return "other outputs are made with it";
  if (steps.some(({ name }) => name === "first pass")) return "it is encoded in two passes";
  return steps.find(({ recipes }) => recipes)?.recipes;
}

/** Which of a set's renditions have pictures that were made before, by their places. @param made - the places of these pictures */
export const renditionsMade = (
  { products: [product] }: Pick<Plan, "products">,
  made: readonly number[],
): readonly boolean[] =>
  product?.set?.renditions.map(({ video }) => video !== undefined && made.includes(video)) ?? [];

/** The files of a picture of a finished set, in their order. @param names - of its files, with or without their folder */
export function filesOfVideo(names: readonly string[], at: number): readonly string[] {
  const own = new RegExp(`(?:^|/)(?:init-${at}\\.mp4|chunk-${at}-(\\d+)\\.m4s)$`);
  const numbered = names.flatMap((name) => {
    const found = own.exec(name);
    return found ? [{ name, number: Number(found[1] ?? 0) }] : [];
  });
  return numbered.sort((one, other) => one.number - other.number).map(({ name }) => name);
}
