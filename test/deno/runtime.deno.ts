import { denoRuntime } from "../../src/runtime/deno.ts";
import { runtimeContract } from "../contract/runtime.ts";
import { harness } from "./harness.ts";

runtimeContract("denoRuntime", denoRuntime, harness);
