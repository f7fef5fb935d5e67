import { describe, expect, test } from "bun:test";
import { leftoverStoreContract } from "../contract/store-leftovers.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

const make = async () => sqliteBench();
leftoverStoreContract("SqliteLeftoverStore", make, { describe, test, expect });
