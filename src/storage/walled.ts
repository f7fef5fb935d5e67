import { isReached, type Reach } from "../lib/reach.ts";
import { TaskError } from "../task/errors.ts";
import { quoteAddress } from "./addresses.ts";
import { type Address, isDiskless, type Side, type Storage } from "./storage.ts";

/** Addresses that are judged, as those of live streams are, which no storage opens. */
type Judge = Pick<Storage, "schemes" | "source" | "target">;

/** The error of an address that is not among those that a client may use. */
export const notReached = (url: string): TaskError =>
  new TaskError(
    "access_denied",
    `Cannot use the address ${quoteAddress(url)}: it is not among those that this client may use`,
  );

/**
 * Judges addresses as another does, and refuses those beyond a client's reach. It is the key that counts: the same place however it is
 * written. Of a target that may become a set the folder of its segments counts, too.
 */
export function walledJudge(judge: Judge, reach: Reach): Judge {
  const judged = (side: Side) => async (url: string) => {
    const address: Address = await judge[side](url);
    const keys = address.set ? [address.key, address.set.folderKey] : [address.key];
    if (!keys.every((key) => isReached(reach[side], key))) throw notReached(url);
    return address;
  };
  return { schemes: judge.schemes, source: judged("source"), target: judged("target") };
}

/** A storage that opens and writes nothing beyond a client's reach. What a manifest names is opened by its storage, so it is judged, too. */
export function walled(storage: Storage, reach: Reach): Storage {
  const { schemes, source, target } = walledJudge(storage, reach);
  return {
    schemes,
    source,
    target,
    open: async (url, options) => {
      await source(url);
      return storage.open(url, options);
    },
    prepare: async (url, options) => {
      await target(url);
      return storage.prepare(url, options);
    },
    deliver: async (finished, url, options) => {
      await target(url);
      return storage.deliver(finished, url, options);
    },
    openLiveSet: async (url, options) => {
      await target(url);
      return storage.openLiveSet(url, options);
    },
    folderOf: (url) => storage.folderOf(url),
    ...(storage.budget && { budget: storage.budget.bind(storage) }),
    ...(isDiskless(storage) && {
      read: async (url, signal) => {
        await source(url);
        return storage.read(url, signal);
      },
      write: async (url, options) => {
        await target(url);
        return storage.write(url, options);
      },
    }),
  };
}
