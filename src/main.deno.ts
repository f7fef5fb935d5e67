import process from "node:process";
import { runService } from "./main.ts";
import { denoRuntime } from "./runtime/deno.ts";

process.exitCode = await runService(denoRuntime, process.argv.slice(2), process.env);
