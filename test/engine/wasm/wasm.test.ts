import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { engineContract } from "../../contract/engine.ts";
import { streamedEngineContract } from "../../contract/streamed-engine.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const opened = openWasm();

engineContract(
  "WasmEngine",
  async () => {
    const engine = await opened;
    return { engine, running: () => engine.busyThreads };
  },
  { describe, test, expect },
);

streamedEngineContract("WasmEngine", async () => (await opened).streamed, {
  describe,
  test,
  expect,
});
