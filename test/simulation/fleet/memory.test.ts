import { describe, expect, test } from "bun:test";
import { queueContract } from "../../contract/queue.ts";
import { turnsContract } from "../../contract/turns.ts";
import { memoryBench } from "./memory-bench.ts";

queueContract("MemoryFleet", async () => memoryBench(), { describe, test, expect });
turnsContract("MemoryFleet", async (limits) => memoryBench(limits), { describe, test, expect });
