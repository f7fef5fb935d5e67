import { describe, expect, test } from "bun:test";
import { engineContract } from "../contract/engine.ts";
import { childrenRunning, openNative } from "../fixtures/native-engine.ts";

const engine = openNative();

engineContract(
  "NativeEngine",
  async () => ({ engine: await engine, running: () => childrenRunning().length }),
  { describe, test, expect },
);
