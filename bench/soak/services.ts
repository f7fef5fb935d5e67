import { deno } from "../../test/fixtures/runtimes.ts";
import type { ServerProcess } from "../processes.ts";
import { newHome, startPontus } from "../service.ts";

const [program = "", ...args] = deno();

/** The ways to run the service: each part that is about calls is run on both. */
export const RUNTIMES = ["bun", "deno"] as const;

/** One of the two. */
export type RuntimeName = (typeof RUNTIMES)[number];

/** Starts the real service on a runtime, in fresh folders. */
export const startOn = (
  runtime: RuntimeName,
  scratch: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> =>
  startPontus(newHome(scratch), env, runtime === "deno" ? { program, args } : {});
