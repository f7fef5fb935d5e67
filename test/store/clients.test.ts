import { describe, expect, test } from "bun:test";
import { clientStoreContract } from "../contract/store-owners.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

clientStoreContract("SqliteClientStore", async () => sqliteBench(), { describe, test, expect });
