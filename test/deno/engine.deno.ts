import { execFileSync } from "node:child_process";
import { badSourcesContract } from "../contract/bad-sources.ts";
import { engineContract } from "../contract/engine.ts";
import { streamedEngineContract } from "../contract/streamed-engine.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { openWasm } from "../fixtures/wasm-engine.ts";
import { harness } from "./harness.ts";

/** This process's encoders that run. By ps(1), as Deno shows nobody /proc; its own line and zombies do not count. */
function encodersRunning(): number {
  const args = ["-o", "stat=,comm=", "--ppid", String(process.pid)];
  const lines = execFileSync("ps", args, { encoding: "utf8" }).split("\n");
  return lines.filter((line) => /^[^Z]\S* +ff/.test(line)).length;
}

const native = openNative();
const wasm = openWasm();

engineContract(
  "NativeEngine",
  async () => ({ engine: await native, running: encodersRunning }),
  harness,
);
badSourcesContract("NativeEngine", openNative, harness);
engineContract(
  "WasmEngine",
  async () => {
    const engine = await wasm;
    return { engine, running: () => engine.busyThreads };
  },
  harness,
);
badSourcesContract("WasmEngine", openWasm, harness);
streamedEngineContract("WasmEngine", async () => (await wasm).streamed, harness);
