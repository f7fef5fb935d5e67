import { describe, expect, test } from "bun:test";
import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";
import { sqliteNotifiedBench } from "../fixtures/notified.ts";

const harness = { describe, test, expect };
notifierContract("Notifier", sqliteNotifiedBench, harness);
refusedNotifierContract("Notifier, refused", sqliteNotifiedBench, harness);
