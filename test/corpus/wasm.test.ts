import { setDefaultTimeout } from "bun:test";
import { openWasm } from "../fixtures/wasm-engine.ts";
import { corpusSuite } from "./suite.ts";

// The first of several files that share a core waits longest.
setDefaultTimeout(120_000);

corpusSuite("WebAssembly", openWasm);
