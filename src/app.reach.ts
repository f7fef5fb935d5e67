import type { Reach } from "./lib/reach.ts";
import type { AddressJudge } from "./service/addresses.ts";
import { FileStorage } from "./storage/file/file.ts";
import { HttpStorage } from "./storage/http/http.ts";
import type { Storage } from "./storage/storage.ts";
import { walled, walledJudge } from "./storage/walled.ts";

/** More clients than call within the same while; what is forgotten is made anew. */
const REACHES_MAX = 1024;

/** The storages of a client with this reach. */
export const storagesWithin = (storages: readonly Storage[]) =>
  remembered((reach) =>
    storages.map((storage) => {
      if (storage instanceof FileStorage) return storage.within(reach);
      return walled(storage instanceof HttpStorage ? storage.within(reach) : storage, reach);
    }),
  );

/** What judges the addresses of a client with this reach. @param storagesOf - gives its storages @param others - judge what no storage opens */
export const judgesWithin = (
  storagesOf: (reach: Reach) => readonly Storage[],
  others: readonly AddressJudge[],
) =>
  remembered((reach): readonly AddressJudge[] => [
    ...storagesOf(reach),
    ...others.map((judge) => walledJudge(judge, reach)),
  ]);

/** Remembers what was made for each reach: clients call many times. */
function remembered<T>(make: (reach: Reach) => T): (reach: Reach) => T {
  const known = new Map<string, T>();
  return (reach) => {
    const name = JSON.stringify(reach);
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = make(reach);
    if (known.size >= REACHES_MAX) known.clear();
    known.set(name, made);
    return made;
  };
}
