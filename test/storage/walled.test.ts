import { expect, test } from "bun:test";
import { walled } from "../../src/storage/walled.ts";
import { hastyHttpStorage } from "../fixtures/http-storage.ts";

test("walled() hands on the budget that the parts of a source share, where there is one", async () => {
  const reach = { source: {}, target: {} };
  const budget = walled(hastyHttpStorage(), reach).budget?.();
  budget?.took(1);
  expect(budget).toBeDefined();
});
