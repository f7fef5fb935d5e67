import { expect, test } from "bun:test";
import { deliveryId, sequenceIn } from "../../src/task/delivery.ts";

const taskId = "0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d";

test("sequenceIn() reads what deliveryId() wrote, of the same task alone", () => {
  const id = deliveryId({ taskId, sequence: 12 });
  expect(id).toBe(`${taskId}-12`);
  expect(sequenceIn(id, taskId)).toBe(12);
  expect(sequenceIn(id, taskId.replace("0", "1"))).toBeUndefined();
});

test.each([
  "",
  taskId,
  `${taskId}-`,
  `${taskId}-0`,
  `${taskId}-012`,
  `${taskId}-1e3`,
  `${taskId}-9x`,
])("sequenceIn() finds none in %j", (id) => {
  expect(sequenceIn(id, taskId)).toBeUndefined();
});
