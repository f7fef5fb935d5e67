import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProbeRequest } from "../../engine/engine.ts";
import { withTargetDuration } from "../../manifest/write/set-playlists.ts";
import { withSound } from "../../plan/decide/sounds.ts";
import type { Plan, PlannedOutput, SetPlan } from "../../plan/plan.ts";
import { heldBy } from "../../plan/verify/held.ts";
import { mayHoldHidden, refuseHiddenCopies } from "../../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isAnimated, isImage, isPaletted, isSet } from "../../profile/container-rules.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import { type Damage, NO_DAMAGE } from "../../task/damage.ts";
import type { Output } from "../../task/task.ts";
import type { JudgingRun } from "../run.ts";
import { verifySubtitles } from "../subtitles/verify-subtitles.ts";
import { CountedSource } from "./counted-source.ts";
import { describeOutput, describeRendition, describeSet } from "./describe-output.ts";
import { finishSet, retellBitrates } from "./finish-set.ts";
import { sizeOfFinished } from "./finished-size.ts";
import { protectSet } from "./protect-set.ts";
import { refuseBareSegments } from "./segment-starts.ts";
import {
  concatOf,
  isComparedCopy,
  oneLook,
  probeWithEnd,
  refuseCutSegments,
} from "./verify-end.ts";
import { verifySounds } from "./verify-sounds.ts";
import { readAnimation } from "./webp-file.ts";
import { refuseCut } from "./whole-file.ts";

/** A verified product: its files, its description, and the indexes of the targets that get it. */
export type Verified = {
  readonly targets: readonly number[];
  readonly finished: FinishedFiles;
  readonly output: Output;
};

/** The source that products are made from, and the folder that they lie in. */
type MadeFrom = {
  readonly folder: string;
  readonly sourcePath: string;
  readonly media: MediaInfo;
  /** What the runs said of damage in the source; undefined if the service itself made the source. */
  readonly damage?: Damage;
};

/**
 * Probes every product and compares it with the plan: exit code 0 is no proof.
 *
 * @throws {TaskError} `output_wrong`, or what probing threw; a `WrongCopy` if the source cannot be copied as planned
 */
export async function verifyProducts(
  plan: Plan,
  source: MadeFrom,
  run: JudgingRun,
): Promise<readonly Verified[]> {
  const { sourcePath } = source;
  const { engine, signal, warn } = run;
  const counted = new CountedSource(source.media, () =>
    engine.probe({ path: sourcePath, side: "source", packets: true }, signal),
  );
  const { folder, damage } = source;
  if (plan.products.some(isCopied) || mayHoldHidden(plan.products, source.media))
    refuseHidden(plan.products, await counted.counted());
  await warn(await counted.judgeDamage(damage ?? NO_DAMAGE, plan.products));
  const verified: Verified[] = [];
  for (const product of plan.products) {
    const look = () => verifyProduct(product, folder, counted, run);
    const lookAtCopy = async () => {
      const made = await look();
      await refuseBareSegments(product, folder);
      return made;
    };
    // A source that the service itself has made is never the cause.
    verified.push(await (damage ? counted.blaming(product, lookAtCopy) : look()));
  }
  return verified;
}

/** @throws {WrongCopy} if a copy would show what an edit list hides */
function refuseHidden(products: readonly PlannedOutput[], source: MediaInfo): void {
  refuseHiddenCopies(products, source);
  for (const { container, video, set, sounds = [] } of products) {
    const tracks = (set?.tracks ?? []).flatMap(({ sound }) => sound ?? []);
    for (const { audio, stream } of [...sounds, ...tracks])
      refuseHiddenCopies([{ container, video, audio }], withSound(source, stream), stream);
  }
}

async function verifyProduct(
  product: PlannedOutput,
  folder: string,
  source: CountedSource,
  run: JudgingRun,
): Promise<Verified> {
  if (product.set) return verifySet(product, product.set, folder, source, run);
  const path = join(folder, product.entry);
  if (product.sounds) return verifySounded(product, product.sounds, folder, source, run);
  if (isSet(product.container)) await correctPlaylist(path);
  const made = await probeProduct(product, path, source, run);
  await run.warn(await source.judge(product.expect, made));
  await verifySubtitles(product, made, folder, run);
  const segments = product.segments && join(folder, product.segments);
  const finished = { entry: path, ...(segments !== undefined && { segments }) };
  const encryption = await protect(product, finished, run);
  const output = describeOutput(product, made, await sizeOfFinished(finished));
  return { targets: product.targets, finished, output: { ...output, ...encryption } };
}

/** A file whose sounds were chosen. */
async function verifySounded(
  product: PlannedOutput,
  sounds: NonNullable<PlannedOutput["sounds"]>,
  folder: string,
  source: CountedSource,
  run: JudgingRun,
): Promise<Verified> {
  const path = join(folder, product.entry);
  await refuseCut(path);
  // Not spread: a run is of a class.
  const { engine, signal, warn, keysFor } = run;
  const within = { engine, signal, warn, keysFor, folder };
  const { made, heard } = await verifySounds(product, sounds, path, source, within);
  await verifySubtitles(product, made, folder, run);
  const finished = { entry: path };
  const output = describeOutput(product, made, await sizeOfFinished(finished), heard);
  return { targets: product.targets, finished, output };
}

/** The probe of what a plan makes first, where that is a single one that is known before it is made. @param folder - absolute path of the work folder */
export function expectedLook(
  { products: [product] }: Pick<Plan, "products">,
  folder: string,
): ProbeRequest | undefined {
  if (!product || product.set || product.sounds || isSet(product.container)) return undefined;
  const { container, entry, expect } = product;
  if (isImage(container) || isAnimated(container)) return undefined;
  return oneLook({ path: join(folder, entry), expect, isCounted: isCopied(product) });
}

/** @throws {TaskError} `output_wrong` if it is cut off, or what probing threw */
async function probeProduct(
  product: PlannedOutput,
  path: string,
  source: CountedSource,
  { engine, signal }: JudgingRun,
): Promise<MediaInfo> {
  const { container, expect } = product;
  if (isImage(container)) return engine.probe({ path, side: "output" }, signal);
  if (isAnimated(container) && !isPaletted(container)) {
    const made = await readAnimation(path, signal);
    return made.durationSeconds === undefined ? asLongAs(made, expect, source) : made;
  }
  const concat = isSet(container)
    ? concatOf(await readFile(path, "utf8").catch(() => ""))
    : undefined;
  if (concat) await refuseCutSegments(concat, dirname(path));
  else await refuseCut(path);
  const ended = { path, expect, isCounted: isCopied(product), ...(concat && { concat }) };
  return probeWithEnd(ended, engine, signal);
}

/** A picture that stands still for as long as the packets of its source last; as it is if nobody knows how long. */
async function asLongAs(
  picture: MediaInfo,
  expect: PlannedOutput["expect"],
  source: CountedSource,
): Promise<MediaInfo> {
  const held = heldBy(expect, await source.counted());
  return held ? { ...picture, durationSeconds: held.whole.atLeast } : picture;
}

/** Corrects the target duration of a playlist, and its type if it grew until now. If the playlist is missing, the probe says so. */
async function correctPlaylist(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  const right = withTargetDuration(text).replace(/^(#EXT-X-PLAYLIST-TYPE:)EVENT$/m, "$1VOD");
  if (right !== text) await writeFile(path, right);
}

/** Whether any stream is a copy, in a set too. */
const isCopied = ({ expect, set, sounds = [] }: PlannedOutput): boolean =>
  [expect, ...[...(set?.tracks ?? []), ...sounds].map((one) => one.expect)].some(isComparedCopy);

async function verifySet(
  product: PlannedOutput,
  set: SetPlan,
  folder: string,
  source: CountedSource,
  run: JudgingRun,
): Promise<Verified> {
  const made = await finishSet({ product, set, folder, source, run });
  const entry = join(folder, product.entry);
  const segments = join(folder, product.segments ?? "");
  const finished = { entry, segments };
  const encryption = await protect(product, finished, run);
  const tracks = encryption.encryption
    ? await retellBitrates({ product, set, folder }, made)
    : made.tracks;
  const renditions = set.renditions.map((pair) => describeRendition(product, pair, tracks));
  const sounds = made.tracks.flatMap((track) => track.sounds);
  const output = describeSet(product, renditions, await sizeOfFinished(finished));
  return {
    targets: product.targets,
    finished,
    output: { ...output, ...(sounds.length > 0 && { sounds }), ...encryption },
  };
}

/** Encrypts what is verified, if that is asked for. */
async function protect(
  { protection }: PlannedOutput,
  finished: FinishedFiles,
  { keysFor, signal }: JudgingRun,
): Promise<Pick<Output, "encryption">> {
  if (!protection) return {};
  return { encryption: await protectSet(finished, protection, keysFor(protection), signal) };
}
