import { describe, expect, test } from "bun:test";
import { profileStoreContract } from "../contract/store-owners.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

profileStoreContract("SqliteProfileStore", async () => sqliteBench(), { describe, test, expect });
