import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";
import { harness } from "./harness.ts";

notifierContract(harness);
refusedNotifierContract(harness);
