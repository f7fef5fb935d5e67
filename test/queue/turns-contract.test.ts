import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { turnsContract } from "../contract/turns.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

setDefaultTimeout(60_000);

turnsContract("SqliteQueue", async (limits) => sqliteBench(":memory:", limits), {
  describe,
  test,
  expect,
});
