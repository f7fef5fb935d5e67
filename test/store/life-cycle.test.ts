import { describe, expect, test } from "bun:test";
import { lifeCycleContract } from "../contract/life-cycle.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

lifeCycleContract("SqliteTaskStore and SqliteQueue", async () => sqliteBench(), {
  describe,
  test,
  expect,
});
