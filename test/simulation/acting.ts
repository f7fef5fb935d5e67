import { TaskError } from "../../src/task/errors.ts";
import { aFailure } from "../fixtures/store-bench.ts";
import type { Process, Service, World } from "./world.ts";

/** Something that happens; it does nothing where it cannot happen now. */
export type Action = (world: World) => Promise<void>;

/** So long that a page holds hardly more than one of them: a full disk is felt soon. */
export const LONG_TEXT = "so it is. ".repeat(80);
export const FAILURE = { ...aFailure, detail: LONG_TEXT };
export const HOUR_MS = 3_600_000;

/** The code that something fails with; undefined if it does not fail. @throws what is no failure that is provided for */
export async function codeOf(doing: Promise<unknown>): Promise<string | undefined> {
  try {
    await doing;
    return undefined;
  } catch (error) {
    if (error instanceof TaskError && error.code !== "internal") return error.code;
    throw error;
  }
}

/** One of the services, as a client's calls go to any of them. */
export const serviceOf = (world: World): Service =>
  world.stage.services[world.random.below(2)] ?? world.stage.services[0];

/** A process that is not stopped; undefined if all are. */
export const going = (world: World): Process | undefined =>
  world.random.pick(world.processes.filter(({ isStopped }) => !isStopped));
