import { describe, expect, test } from "bun:test";
import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";

notifierContract({ describe, test, expect });
refusedNotifierContract({ describe, test, expect });
