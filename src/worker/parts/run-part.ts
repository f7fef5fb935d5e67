import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import type { Step } from "../../plan/plan.ts";
import type { Part } from "../../plan/sliced.ts";
import type {
  OfferedStep,
  PartProgress,
  SliceQueue,
  StoredFile,
  TakenPart,
} from "../../slices/slices.ts";
import { readName, storedName } from "../../slices/slices.ts";
import { addDamage, type Damage, NO_DAMAGE } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { SliceStore } from "./slice-store.ts";

const log = getLogger(["pontus", "slices"]);

/** A third of the time after which a silent worker counts as dead: two beats may be lost. */
const BEAT_MS = 3_000;

/** What the encoder said of a part that it has made: of damage in the source, and how many pictures its first stream has. */
export type Encoded = Pick<PartProgress, "frames" | "outTimeSeconds"> & {
  readonly damage: Damage;
};

/** Where a part is made, and of what. */
type PartPlace = Pick<RunRequest, "folder" | "inputPath" | "isServed" | "onLog">;

/**
 * Runs the encoder for a part.
 *
 * @param onProgress - called as `RunRequest.onProgress` is
 * @throws {TaskError} as `Engine.run` does
 */
export async function encodePart(
  engine: Pick<Engine, "run">,
  { args, writes, mayLack = [], load }: TakenPart["run"],
  place: PartPlace,
  onProgress: (progress: PartProgress) => void,
  signal: AbortSignal,
): Promise<Encoded> {
  let damage = NO_DAMAGE;
  let [frames, outTimeSeconds] = [0, 0];
  const onDamage = (one: Damage): void => {
    damage = addDamage(damage, one);
  };
  const step = { name: "encode", args, writes, share: 1, ...(load && { load }) } as const;
  const told = (progress: PartProgress): void => {
    ({ frames, outTimeSeconds } = progress);
    onProgress(progress);
  };
  await engine.run({ ...place, step, onProgress: told, onDamage }, signal);
  // What is there stays as it is.
  for (const name of mayLack) await appendFile(join(place.folder, name), "");
  return { damage, frames, outTimeSeconds };
}

/** The step that a part of it is. */
export function stepOfPart({ name, share, load }: Step, { args, writes }: Part): Step {
  return { name, share, args, writes, ...(load && { load }) };
}

/** Stores what a part has made. @throws {TaskError} as `SliceStore.put` */
export async function storePart(
  store: SliceStore,
  { key, index, token, run }: TakenPart,
  folder: string,
  signal: AbortSignal,
): Promise<readonly StoredFile[]> {
  const stored: StoredFile[] = [];
  for (const [at, name] of run.writes.entries())
    stored.push(await store.put(join(folder, name), storedName(key, index, token, at), signal));
  return stored;
}

/**
 * Stores what parts read beside their source, for others to make them. What cannot be stored they cannot fetch: then the part is made where it
 * lies.
 *
 * @throws the signal's reason
 */
export async function storeReads(
  store: SliceStore,
  { key, parts }: Pick<OfferedStep, "key" | "parts">,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, { reads = [] }] of parts.entries())
    for (const [at, { path }] of reads.entries())
      await store
        .put(join(folder, path), readName(key, index, at), signal)
        .catch((error: unknown) => {
          signal.throwIfAborted();
          log.info("Cannot store what a slice of task {taskId} reads: {error}", { ...key, error });
        });
}

/**
 * Fetches what a part reads beside its source.
 *
 * @throws {TaskError} `source_unreachable` if it is not there as it was stored
 * @throws the signal's reason
 */
export async function fetchReads(
  store: SliceStore,
  { key, index, run }: TakenPart,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  for (const [at, { path, ...file }] of (run.reads ?? []).entries()) {
    const place = join(folder, path);
    if (await store.fetch({ ...file, name: readName(key, index, at) }, place, signal)) continue;
    const why = "Cannot read what the first pass found of a slice: it is not in the slice store";
    throw new TaskError("source_unreachable", why);
  }
}

/** The names of all that a part may have stored. */
export const namesOfPart = ({ key, index, token, run }: TakenPart): readonly string[] =>
  run.writes.map((_, at) => storedName(key, index, token, at));

/**
 * Tells the others again and again that a part is being made, until that is ended.
 *
 * @param onLost - called once if the part is not this worker's any more, or is not wanted
 * @returns what ends it
 */
export function keepPart(
  queue: Pick<SliceQueue, "beat">,
  part: TakenPart,
  progress: () => PartProgress | undefined,
  onLost: (reason: TaskError) => void,
): () => void {
  let isBeating = false;
  const timer = setInterval(async () => {
    if (isBeating) return;
    isBeating = true;
    // While the server is away, the encoder goes on: the next beat tells whether that was in vain.
    const isHeld = await queue.beat(part, progress()).catch(() => true);
    isBeating = false;
    if (isHeld) return;
    clearInterval(timer);
    onLost(
      new TaskError("lease_lost", "Cannot go on: the slice is another worker's, or is not wanted"),
    );
  }, BEAT_MS);
  return () => clearInterval(timer);
}
