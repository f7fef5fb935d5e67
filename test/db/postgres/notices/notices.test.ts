import { expect, test } from "bun:test";
import { tellsEvents } from "../../../../src/db/postgres/notices/notices.ts";
import { pauseMsOf } from "../../../../src/db/postgres/notices/notifier.ts";

test("the more nodes hear notices, the less often one tells them, and of many none of events", () => {
  expect([1, 10, 1_000].map(pauseMsOf)).toEqual([3.1, 4, 103]);
  expect([1, 49, 50, 1_000].map(tellsEvents)).toEqual([true, true, false, false]);
});
