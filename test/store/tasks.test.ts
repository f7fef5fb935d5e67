import { describe, expect, test } from "bun:test";
import { taskStoreContract } from "../contract/store.ts";
import { taskLifeContract } from "../contract/store-life.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

const harness = { describe, test, expect };
taskStoreContract("SqliteTaskStore", async () => sqliteBench(), harness);
taskLifeContract("SqliteTaskStore", async () => sqliteBench(), harness);
