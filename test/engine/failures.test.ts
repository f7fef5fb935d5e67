import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { badSourcesContract } from "../contract/bad-sources.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { openWasm } from "../fixtures/wasm-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

badSourcesContract("NativeEngine", openNative, { describe, test, expect });
badSourcesContract("WasmEngine", openWasm, { describe, test, expect });
