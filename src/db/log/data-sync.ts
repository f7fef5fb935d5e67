import { fdatasync, fdatasyncSync } from "node:fs";

/** Syncs the data of an open file, as `fdatasync` of `node:fs` does; it may be done when this returns. */
export type DataSync = (file: number, done: (error: Error | null) => void) => void;

/** A sync this short holds up no call for longer than some creates do; to hand it to a thread costs a create a tenth of its CPU. */
const SHORT_MS = 2;
/** So many longer ones in a row are no chance, as when the file system grows a file: the disk is slow, or busy. */
const LONG_MAX = 3;
/** How long syncs stay in a thread then, until another one is tried here. */
const APART_MS = 5_000;

/**
 * Syncs at once while that is short, as on most disks of servers, and in a thread of the runtime while it is not.
 *
 * @param syncNow - syncs while everything waits
 * @param nowMs - of a clock that never goes back
 */
export function shortOrApart(
  syncNow: (file: number) => void = fdatasyncSync,
  syncApart: DataSync = fdatasync,
  nowMs: () => number = () => performance.now(),
): DataSync {
  let longInARow = 0;
  let apartUntilMs = 0;
  return (file, done) => {
    const startMs = nowMs();
    if (startMs < apartUntilMs) {
      syncApart(file, done);
      return;
    }
    let failure: Error | null = null;
    try {
      syncNow(file);
    } catch (error) {
      failure = error as Error;
    }
    const endMs = nowMs();
    longInARow = endMs - startMs > SHORT_MS ? longInARow + 1 : 0;
    if (longInARow >= LONG_MAX) apartUntilMs = endMs + APART_MS;
    done(failure);
  };
}
