import { expect, setDefaultTimeout, test } from "bun:test";
import { residentMb } from "../fixtures/process-facts.ts";
import { newHome, startService } from "../fixtures/service.ts";
import { range } from "../simulation/ranges.ts";
import { isBlamed, leftInScratch, wearMedia } from "./wear-media.ts";

setDefaultTimeout(10 * 60_000);

const RESIDENT_MB_MAX = 400;

test.each([
  ["native", 60],
  ["wasm", 10],
] as const)("damaged media end as such on the engine %s", async (engine, count) => {
  const service = await startService(newHome(), {
    PONTUS_ENGINE: engine,
    PONTUS_LOG_LEVEL: "info",
  });
  const worn = await wearMedia(service, range(0, count), 2);
  const wrong = worn.filter(({ task }) => !isBlamed(task));
  expect(wrong.map(({ seed, what, task }) => ({ seed, what, error: task.error }))).toEqual([]);
  expect(worn.some(({ task }) => task.task_status === "SUCCESS")).toBeTrue();
  expect(worn.some(({ task }) => task.task_status === "FAILED")).toBeTrue();
  expect(leftInScratch(service)).toEqual([]);
  if (engine === "native") expect(residentMb(service.pid)).toBeLessThan(RESIDENT_MB_MAX);
  expect(await service.stop()).toBe(0);
});
