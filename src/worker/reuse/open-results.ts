import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { WorkDisk } from "../run-ports.ts";
import { Flights } from "./flights.ts";
import { ResultCache } from "./result-cache.ts";
import type { Results } from "./result-keys.ts";
import { SourceDigests } from "./source-digests.ts";

/** What keeping results depends on. */
export type ResultGrounds = Pick<Results, "isShared" | "version"> & {
  readonly bytesMax: number;
  readonly disk: Pick<WorkDisk, "roomIn">;
  readonly telemetry: Pick<Telemetry, "resultAsked" | "resultsKept">;
};

/** Opens what runs of this process use again of each other, and clears up in it. @param root - absolute path, beside the scratch folders */
export async function openResults(
  root: string,
  { bytesMax, isShared, version, disk, telemetry }: ResultGrounds,
): Promise<Results> {
  const { roomIn } = disk;
  const cache = new ResultCache(root, { bytesMax, roomIn, onBytes: telemetry.resultsKept });
  await cache.sweep();
  return {
    ...{ cache, isShared, version },
    flights: new Flights(),
    digests: new SourceDigests(),
    count: telemetry.resultAsked,
  };
}
