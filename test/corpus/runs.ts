import { mkdir, rm, symlink } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { toNumber } from "../../src/lib/rational.ts";
import { frameRate } from "../../src/plan/encode/framerate.ts";
import type { Plan, PlannedOutput } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { TaskError } from "../../src/task/errors.ts";
import { fileLine } from "../../src/worker/file/file-line.ts";
import { verifyProducts } from "../../src/worker/output/verify-products.ts";
import { runLine } from "../../src/worker/runner.ts";
import { probeSource, type SourceFile } from "../../src/worker/source/probe-source.ts";
import { isGivenAsAudio } from "../../src/worker/source/trim-audio.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { DEAF } from "../fixtures/made-products.ts";
import { aVideo } from "../plan/builders.ts";
import { type Measured, measure } from "./measure.ts";
import { PROFILE_KEYS, PROFILES, type ProfileKey } from "./profiles.ts";

/** What became of a file and a profile: what was decoded of its output, or the refusal. */
export type Outcome =
  | {
      readonly measured: Measured;
      /** Of an encoded picture, as planned. */
      readonly rate?: number;
      /** Width to height of the source's picture as it is shown, where its pixels are square. */
      readonly sampleAspect: number;
      readonly isPadded: boolean;
    }
  | { readonly refusal: string; readonly message: string };

/** What became of a file. */
export type Outcomes = Readonly<Record<ProfileKey, Outcome>>;

const LIMIT_MS = 120_000;

/**
 * Makes every profile of a file, as a worker does with one task of them all, verifies each output as a worker does, and decodes
 * it. Where one fails the others, each is made alone.
 */
export async function runFile(engine: Engine, path: string): Promise<Outcomes> {
  const folder = tempFolder();
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    // A worker's source keeps its extension alone.
    const inputPath = join(folder, `source${extname(path)}`);
    await symlink(path, inputPath);
    const isAudio = isGivenAsAudio(inputPath);
    const source = await probeSource(inputPath, { engine, signal }, folder, isAudio);
    return await makeAll({ engine, source, folder, signal });
  } catch (error) {
    return all(() => refused(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const all = (make: (key: ProfileKey) => Outcome): Outcomes =>
  Object.fromEntries(PROFILE_KEYS.map((key) => [key, make(key)])) as Outcomes;

function refused(error: unknown): Outcome {
  const refusal = error instanceof TaskError ? error.code : "no TaskError";
  return { refusal, message: String(error instanceof Error ? error.message : error) };
}

type Place = {
  readonly engine: Engine;
  readonly source: SourceFile;
  readonly folder: string;
  readonly signal: AbortSignal;
};

async function makeAll(place: Place): Promise<Outcomes> {
  const outcomes = new Map<ProfileKey, Outcome>();
  for (const key of PROFILE_KEYS)
    try {
      planOf([key], place.source.media, place);
    } catch (error) {
      outcomes.set(key, refused(error));
    }
  const possible = PROFILE_KEYS.filter((key) => !outcomes.has(key));
  await make(possible, place, outcomes);
  return all((key) => outcomes.get(key) ?? refused("it was not made"));
}

const planOf = (keys: readonly ProfileKey[], media: MediaInfo, { engine }: Place): Plan => {
  const assignments = keys.map((key, target) => ({ ...PROFILES[key], targets: [target] }));
  return planTask({ assignments, tag: "t1" }, media, engine.capabilities);
};

async function make(
  keys: readonly ProfileKey[],
  place: Place,
  outcomes: Map<ProfileKey, Outcome>,
): Promise<void> {
  if (keys.length === 0) return;
  const folder = join(place.folder, keys.length === 1 ? `alone-${keys[0]}` : "together");
  await mkdir(folder);
  const { engine, signal, source } = place;
  const { path } = source;
  const planFor = (media: MediaInfo) => planOf(keys, media, place);
  try {
    await runLine<void>(DEAF, source.media, {
      ...fileLine({ engine, signal, ...DEAF }, { folder, path }, planFor),
      verify: async ({ plan, media }, damage) => {
        const made = { folder, sourcePath: path, media, damage };
        await verifyProducts(plan, made, { ...DEAF, engine, signal });
        const measured = await measure(plan.products, folder);
        for (const [at, key] of keys.entries())
          outcomes.set(key, outcomeOf(key, plan.products[at], measured[at], media));
      },
      deliver: async () => {},
    });
  } catch (error) {
    const [only] = keys;
    if (keys.length === 1 && only) outcomes.set(only, refused(error));
    else for (const key of keys) await make([key], place, outcomes);
  }
}

const { framerate: _, framerateMax: __, ...AS_SOURCE } = aVideo();

function outcomeOf(
  key: ProfileKey,
  product: PlannedOutput | undefined,
  measured: Measured | undefined,
  media: MediaInfo,
): Outcome {
  if (!product || !measured) return refused("nothing was planned");
  const { video } = PROFILES[key].rendition;
  const isEncoded = product.video.action === "encode" && media.video !== undefined;
  // A copy that became an encode has the source's rate.
  const encode = typeof video === "object" ? video : AS_SOURCE;
  return {
    measured,
    ...(isEncoded && { rate: toNumber(frameRate(encode, media.video)) }),
    sampleAspect: media.video ? toNumber(media.video.sampleAspect) : 1,
    isPadded: typeof video === "object" && video.height !== undefined && key === "hls",
  };
}
