import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";
import { sqliteNotifiedBench } from "../fixtures/notified.ts";
import { harness } from "./harness.ts";

notifierContract("Notifier", sqliteNotifiedBench, harness);
refusedNotifierContract("Notifier, refused", sqliteNotifiedBench, harness);
