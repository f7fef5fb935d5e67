#!/usr/bin/env bun
import { runCommand } from "./main.cli.ts";
import { bunRuntime } from "./runtime/bun.ts";

process.exitCode = await runCommand(bunRuntime, process.argv.slice(2), process.env);
