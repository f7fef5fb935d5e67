import { errnoOf } from "../../lib/errno-of.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import type { DeliveryOptions } from "../storage.ts";

type Meaning = { readonly code: ErrorCode; readonly state: string };

const unwritable = (state: string): Meaning => ({ code: "target_unwritable", state });
const away = (state: string): Meaning => ({ code: "target_unreachable", state });
const full = (state: string): Meaning => ({ code: "target_full", state });
const lost = (state: string): Meaning => ({ code: "source_unreachable", state });
const missing = (state: string): Meaning => ({ code: "source_missing", state });

/** What the system's refusals of a write mean; the numbers' names are those of errno(3). */
const ON_TARGET: Readonly<Record<string, Meaning>> = {
  ENOSPC: full("no space is left there"),
  EDQUOT: full("the disk quota is used up"),
  EACCES: unwritable("permission is denied"),
  EPERM: unwritable("the operation is not permitted"),
  EROFS: unwritable("the file system is read-only"),
  ENOENT: unwritable("its folder does not exist"),
  ENOTDIR: unwritable("a part of its path is a file, not a folder"),
  EISDIR: unwritable("a folder is in its place"),
  ENOTEMPTY: unwritable("a folder is in its place"),
  // From making a folder: its temporary file never meets another.
  EEXIST: unwritable("a part of its path is a file, not a folder"),
  EBUSY: unwritable("its place is in use by the system"),
  ENAMETOOLONG: unwritable("its name is too long for the file system"),
  EINVAL: unwritable("the file system does not take its name"),
  ELOOP: unwritable("its path runs in a circle of links"),
  EFBIG: unwritable("the file system does not take a file so large"),
  // From disks of other machines, and from those that fail.
  EIO: away("its disk reports an error"),
  ESTALE: away("its server does not know its folder any more"),
  ETIMEDOUT: away("its server does not answer"),
  EHOSTDOWN: away("its server does not answer"),
};

const ON_SOURCE: Readonly<Record<string, Meaning>> = {
  ENOENT: missing("there is no such file"),
  ENOTDIR: missing("a part of its path is a file, not a folder"),
  EACCES: missing("permission is denied"),
  EPERM: missing("the operation is not permitted"),
  ELOOP: missing("its path runs in a circle of links"),
  ENAMETOOLONG: missing("its name is too long for the file system"),
  // A socket or a device without a driver.
  ENXIO: missing("it is not a regular file"),
  EIO: lost("its disk reports an error"),
  ESTALE: lost("its server does not know its folder any more"),
  ETIMEDOUT: lost("its server does not answer"),
  EHOSTDOWN: lost("its server does not answer"),
};

function translate(
  error: unknown,
  what: string,
  meanings: Readonly<Record<string, Meaning>>,
): TaskError {
  if (error instanceof TaskError) return error;
  const meaning = meanings[errnoOf(error) ?? ""];
  return meaning
    ? new TaskError(meaning.code, `${what}: ${meaning.state}`, { cause: error })
    : new TaskError("internal", `${what}: the system reported an unexpected error`, {
        cause: error,
      });
}

/** What somebody may have mistaken who wrote the address of a file that is not there. */
const MISPLACED = ["ENOENT", "ENOTDIR"];

/**
 * A failure to read a source as `TaskError`: `source_missing`, `source_unreachable`, or `internal` if nothing else is known.
 *
 * @param place - where it was looked for
 */
export function sourceError(error: unknown, url: string, place: string): TaskError {
  const told = translate(error, `Cannot read the source ${quoteAddress(url)}`, ON_SOURCE);
  if (told === error || !MISPLACED.includes(errnoOf(error) ?? "")) return told;
  return new TaskError(told.code, `${told.message}; it was looked for at ${place}`, {
    cause: error,
  });
}

/** A failure to write a target as `TaskError`: `target_unwritable`, `target_full`, `target_unreachable`, or `internal`. */
export const targetError = (error: unknown, url: string): TaskError =>
  translate(error, `Cannot write the target ${quoteAddress(url)}`, ON_TARGET);

/**
 * Writes to a target, and translates what goes wrong.
 *
 * @param action - gets the publish gate; what the gate throws is passed on unchanged
 * @throws {TaskError} as `targetError`; the signal's reason
 */
export async function writingTarget<T>(
  url: string,
  { mayPublish, signal }: Pick<DeliveryOptions, "mayPublish" | "signal">,
  action: (ask: () => Promise<void>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const refusal: { reason?: unknown } = {};
  const ask = async () => {
    await mayPublish().catch((reason: unknown) => {
      refusal.reason = reason;
      throw reason;
    });
    signal.throwIfAborted();
  };
  try {
    return await action(ask);
  } catch (error) {
    if ("reason" in refusal) throw refusal.reason;
    if (signal.aborted) throw signal.reason;
    throw targetError(error, url);
  }
}

/** The error of a path whose links the system cannot resolve. */
export function unresolved(url: string, cause: unknown): TaskError {
  const [code, why] =
    errnoOf(cause) === "ENAMETOOLONG"
      ? (["invalid_parameter", "its path is too long"] as const)
      : (["internal", "the system reported an unexpected error"] as const);
  const verb = code === "internal" ? "resolve" : "use";
  return new TaskError(code, `Cannot ${verb} the address ${quoteAddress(url)}: ${why}`, { cause });
}

/** Ends with the signal even if the file system hangs; the action must leave nothing visible behind. */
export async function endingWith<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return await unlessAborted(action(), signal);
}
