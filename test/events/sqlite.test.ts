import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { eventFeedContract } from "../contract/events.ts";
import { sqliteEventBench } from "../fixtures/event-bench.ts";

// Real commits on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

eventFeedContract("SqliteEventFeed", sqliteEventBench, { describe, test, expect });
