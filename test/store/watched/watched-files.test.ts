import { describe, expect, test } from "bun:test";
import { watchedStoreContract } from "../../contract/store-watched.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";

const make = async () => sqliteBench();
watchedStoreContract("WatchedFiles", make, { describe, test, expect });
