import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { runtimeContract } from "../contract/runtime.ts";

// A time limit on connections is waited for: Bun checks it every few seconds.
setDefaultTimeout(60_000);

runtimeContract("bunRuntime", bunRuntime, { describe, test, expect });
