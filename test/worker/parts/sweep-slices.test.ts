import { expect, test } from "bun:test";
import { slicesSweeper } from "../../../src/worker/parts/sweep-slices.ts";

const LEFT = ["1", "2"].map((taskId) => ({
  key: { taskId, digest: "d" },
  names: [`${taskId}.part`],
}));

test("a step is forgotten once its files are gone, and a store that refuses is left alone for a minute", async () => {
  const told = { nowMs: 0, asked: [] as string[], forgotten: [] as string[] };
  let refused = "1.part";
  const sweep = slicesSweeper({
    queue: {
      left: async () => LEFT.filter(({ key }) => !told.forgotten.includes(key.taskId)),
      remove: async ({ taskId }) => void told.forgotten.push(taskId),
    },
    store: {
      remove: async ([name = ""]) => {
        told.asked.push(name);
        return name !== refused;
      },
    },
    now: () => told.nowMs,
  });
  const { signal } = new AbortController();
  await sweep(signal);
  expect(told).toMatchObject({ asked: ["1.part", "2.part"], forgotten: ["2"] });
  refused = "";
  told.nowMs = 59_000;
  await sweep(signal);
  expect(told.asked).toHaveLength(2);
  told.nowMs = 60_000;
  await sweep(signal);
  expect(told).toMatchObject({ asked: ["1.part", "2.part", "1.part"], forgotten: ["2", "1"] });
});
