import { expect, setDefaultTimeout, test } from "bun:test";
import { newHome, startService } from "../fixtures/service.ts";
import { range } from "../simulation/ranges.ts";
import { leftInScratch, rssBytesOf, wearMedia } from "./wear-media.ts";

setDefaultTimeout(10 * 60_000);

const RSS_BYTES_MAX = 400 << 20;

/** Those that damaged media may end with: the caller's file is to blame, never the service. */
const BLAMED = ["InvalidInputData", "InputNotSupported", "OutputNotSupported", "ParameterError"];

test.each([
  ["native", 60],
  ["wasm", 10],
] as const)("damaged media end as such on the engine %s", async (engine, count) => {
  const service = await startService(newHome(), {
    PONTUS_ENGINE: engine,
    PONTUS_LOG_LEVEL: "info",
  });
  const worn = await wearMedia(service, range(0, count), 2);
  const wrong = worn.filter(
    ({ task: { task_status, error } }) =>
      task_status !== "SUCCESS" && !BLAMED.includes(error?.code ?? ""),
  );
  expect(wrong.map(({ seed, what, task }) => ({ seed, what, error: task.error }))).toEqual([]);
  expect(worn.some(({ task }) => task.task_status === "SUCCESS")).toBeTrue();
  expect(worn.some(({ task }) => task.task_status === "FAILED")).toBeTrue();
  expect(leftInScratch(service)).toEqual([]);
  if (engine === "native") expect(rssBytesOf(service.pid)).toBeLessThan(RSS_BYTES_MAX);
  expect(await service.stop()).toBe(0);
});
