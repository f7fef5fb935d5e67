import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { databaseContract } from "../contract/database.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

// A sync to a busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

databaseContract("openDatabase", sqliteBench, { describe, test, expect });
