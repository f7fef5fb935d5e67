import { getLogger } from "@logtape/logtape";
import type { Config } from "../../config/config.ts";
import type { Engine } from "../../engine/engine.ts";
import type { SliceQueue } from "../../slices/slices.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { Instance } from "../../worker/instance.ts";
import { Helper, type HelperParts } from "../../worker/parts/helper.ts";
import type { Slicing } from "../../worker/parts/slicing.ts";
import { slicesSweeper } from "../../worker/parts/sweep-slices.ts";
import { openSliceStore } from "./open-slice-store.ts";

const log = getLogger(["pontus"]);

/** What sharing depends on. */
export type SharingGrounds = Pick<HelperParts, "storageOf"> & {
  readonly config: Config;
  readonly engine: Engine;
  readonly telemetry: Pick<Telemetry, "sliceEnded">;
  readonly queue: SliceQueue;
  readonly instance: Instance;
};

/** Makes what shares slices with other workers; undefined where this one cannot. */
export async function shareSlices({
  config,
  engine,
  telemetry,
  queue,
  instance: { id: workerId, scratch },
  storageOf,
}: SharingGrounds) {
  const store = await openSliceStore(config);
  const sweep = slicesSweeper({ queue, store, now: () => performance.now() });
  if (scratch === undefined || engine.name !== "native") {
    log.warn("Shares no slices: that takes the engine native, and a disk");
    return { parts: {}, sweep };
  }
  const slicing: Slicing = {
    queue,
    store,
    workerId,
    minSeconds: config.sliceMinMs / 1000,
    sliceSeconds: config.sliceMs / 1000,
    count: telemetry.sliceEnded,
  };
  const helper = new Helper({ slicing, engine, storageOf, scratch });
  return { parts: { slicing, helper }, sweep };
}
