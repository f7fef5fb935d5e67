import { describe, expect, test } from "bun:test";
import { notificationStoreContract } from "../contract/store-notifications.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

const make = async () => sqliteBench();
notificationStoreContract("SqliteNotificationStore", make, { describe, test, expect });
