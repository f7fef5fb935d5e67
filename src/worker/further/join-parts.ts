import { join as joinPath } from "node:path";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import { type Join, planJoin } from "../../plan/join-sources.ts";
import { choosesSounds, JOINED_FILE } from "../../plan/joined.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Run } from "../run.ts";
import type { OpenedFurther } from "./open-further.ts";

/** How far off what was joined may be: a frame or two of each part, which are rounded to whole ones. */
const PART_SECONDS_OFF = 0.2;

/**
 * How the sources of a run are joined; undefined if it has but one.
 *
 * @param media - of the first of them
 * @param further - what was opened beside it
 * @throws {TaskError} as `planJoin`
 */
export function joinOf(
  { task, engine, assignments }: Pick<Run, "task" | "engine" | "assignments">,
  media: MediaInfo,
  further: readonly Pick<OpenedFurther, "kind" | "name" | "file" | "media">[],
): Join | undefined {
  const sources = task.extras?.sources;
  if (!sources) return undefined;
  const others = further.filter(({ kind }) => kind === "source");
  const all = [{ name: "sources[0]", file: "input", media }, ...others];
  const parts = all.map((part, at) => ({ ...part, clip: sources[at]?.clip }));
  return planJoin(parts, engine.capabilities, choosesSounds(assignments));
}

/** What runs the step that joins sources. */
export type JoinRun = {
  readonly join: Join;
  /** Absolute path of the first of them. */
  readonly firstPath: string;
};

/** Absolute path of what sources are joined to. */
export const joinedPath = (folder: string): string => joinPath(folder, JOINED_FILE);

/**
 * Joins sources, and holds what came of them against what was planned.
 *
 * @throws {TaskError} what running and probing throw; `source_damaged` if a part of them is missing
 */
export async function runJoin(
  engine: Engine,
  { join, firstPath }: JoinRun,
  request: RunRequest,
  signal: AbortSignal,
): Promise<void> {
  await engine.run({ ...request, inputPath: firstPath }, signal);
  const path = joinedPath(request.folder);
  const { durationSeconds = 0 } = await engine.probe({ path, side: "output" }, signal);
  const planned = join.media.durationSeconds ?? 0;
  if (
    Math.abs(durationSeconds - planned) <=
    PART_SECONDS_OFF * (Object.keys(request.further ?? {}).length + 1)
  )
    return;
  throw new TaskError(
    "source_damaged",
    `Cannot join the sources: they last ${durationSeconds} s together, and should last ${planned} s`,
  );
}
