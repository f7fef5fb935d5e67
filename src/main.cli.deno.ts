import process from "node:process";
import { runCommand } from "./main.cli.ts";
import { denoRuntime } from "./runtime/deno.ts";

process.exitCode = await runCommand(denoRuntime, process.argv.slice(2), process.env);
