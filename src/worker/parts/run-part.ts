import { join } from "node:path";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import type { Step } from "../../plan/plan.ts";
import type { Part } from "../../plan/sliced.ts";
import type { PartProgress, SliceQueue, StoredFile, TakenPart } from "../../slices/slices.ts";
import { storedName } from "../../slices/slices.ts";
import { addDamage, type Damage, NO_DAMAGE } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { SliceStore } from "./slice-store.ts";

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
  { args, writes, load }: TakenPart["run"],
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
