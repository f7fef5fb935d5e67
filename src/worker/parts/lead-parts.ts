import type { RunRequest } from "../../engine/engine.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Part, Sliced } from "../../plan/sliced.ts";
import { TaskError } from "../../task/errors.ts";
import { joinSlices, OtherPictures, removeParts } from "./join-slices.ts";
import { Lead, type SharedRun } from "./lead.ts";

/** How long the step waits at its end for slices that are still being stored. */
const STORING_MS_MAX = 10_000;

/**
 * Runs a step whose slices all workers of a fleet may make, and joins them. This worker offers them, and makes slices itself, one after the
 * other, as long as any wait; those of others it fetches. If one cannot be made by others, it makes that as well: its own failure is
 * the step's. If one has other pictures than it should, the whole is encoded here instead.
 *
 * Slices that an earlier attempt has made, and that lie in the store, are not made again.
 *
 * @throws {TaskError} as `Engine.run` does
 */
export async function runShared(
  shared: SharedRun,
  request: RunRequest,
  sliced: Sliced,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const lead = new Lead(shared, request, sliced, AbortSignal.any([signal, ended.signal]));
  const fail = (error: unknown): void => ended.abort(error);
  let other: OtherPictures | undefined;
  try {
    await lead.make(fail);
    await joinSlices(shared.engine, request, sliced, signal);
    // What is cut off on its way may arrive after it was removed.
    await sleep(STORING_MS_MAX, lead.settled());
  } catch (error) {
    signal.throwIfAborted();
    const reason = ended.signal.aborted ? ended.signal.reason : error;
    if (!(reason instanceof OtherPictures)) throw reason;
    other = reason;
  } finally {
    fail(new TaskError("shutdown", "The step has ended"));
    await lead.settled();
    await removeParts(request.folder, sliced);
  }
  if (!other) return;
  await lead.withdraw();
  shared.decide(`Encodes the whole here: ${other.message}`);
  const { sliced: _, ...whole } = request.step;
  await shared.engine.run({ ...request, step: whole }, signal);
}

/**
 * Runs a first pass, and stores what it has found. If an earlier attempt has done so, it is not made again: two of them differ, and then no
 * slice of the one is one of the other.
 *
 * @throws {TaskError} as `Engine.run` does
 */
export async function analyseShared(
  shared: SharedRun,
  request: RunRequest,
  part: Part,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const fail = (error: unknown): void => ended.abort(error);
  const own = AbortSignal.any([signal, ended.signal]);
  const lead = new Lead(shared, request, { parts: [part], isAnalysis: true }, own);
  try {
    await lead.make(fail);
  } catch (error) {
    signal.throwIfAborted();
    const reason = ended.signal.aborted ? ended.signal.reason : error;
    // What is under way would run to its end.
    fail(reason);
    throw reason;
  } finally {
    await lead.settled();
  }
}
