import { describe, expect, test } from "bun:test";
import { SqliteOverview } from "../../src/overview/sqlite.ts";
import { overviewContract } from "../contract/overview.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

overviewContract(
  "SqliteOverview",
  async () => {
    const bench = sqliteBench();
    return { ...bench, overview: new SqliteOverview(bench.database) };
  },
  { describe, test, expect },
);
