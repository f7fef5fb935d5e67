#!/usr/bin/env bun
import { runService } from "./main.ts";
import { bunRuntime } from "./runtime/bun.ts";

process.exitCode = await runService(bunRuntime, process.argv.slice(2), process.env);
