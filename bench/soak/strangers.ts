import { runScript } from "../processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "../report.ts";
import { RUNTIMES, type RuntimeName, startOn } from "./services.ts";
import type { Strangers, StrangersResult } from "./stranger.ts";
import { watch, watchRows } from "./watch.ts";

const CONNECTIONS = 400;
const BODY_BYTES = 1024 * 1024;

/** 400 callers whom nobody knows, each with a megabyte: what the service has left for others. */
async function strangersOn(runtime: RuntimeName, { isQuick, scratch, say }: PartOptions) {
  const server = await startOn(runtime, scratch);
  try {
    const seen = watch(server);
    const strangers: Strangers = {
      url: server.url,
      connections: CONNECTIONS,
      bodyBytes: BODY_BYTES,
      forMs: isQuick ? 5_000 : 60_000,
    };
    const output = await runScript("soak/stranger.ts", [JSON.stringify(strangers)]);
    const told = JSON.parse(output) as StrangersResult;
    const during = await seen();
    say(`${runtime}: ${output.trim()}, ${figure(during.rssBytesMax / 1e6)} MB`);
    return { told, seen: during };
  } finally {
    await server.stop();
  }
}

/** What callers whom the service does not know take from it. */
export async function soakStrangers(options: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: Record<string, unknown> = {};
  for (const runtime of RUNTIMES) {
    const found = await strangersOn(runtime, options);
    facts[runtime] = found;
    const during = `under ${CONNECTIONS} unknown callers with a megabyte each, ${runtime}`;
    rows.push(...watchRows(`strangers.${runtime}`, during, found.seen));
  }
  return { rows, facts };
}
