import { TaskError } from "../task/errors.ts";

/**
 * Reads a finished file of ours: what fails then is our fault, neither the network's nor the target's.
 *
 * @throws {TaskError} `internal`
 */
export async function readingOurs<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new TaskError("internal", "Cannot read the finished output: it is gone or damaged", {
      cause,
    });
  }
}
