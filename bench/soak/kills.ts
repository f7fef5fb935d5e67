import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../src/lib/process-identity.ts";
import { clip } from "../../test/fixtures/clips.ts";
import { killUnderCreates, lossesOf } from "../../test/fixtures/kill-creates.ts";
import { BUN, denoAllowed } from "../../test/fixtures/runtimes.ts";
import { encodersOf, eventually, newHome, startService } from "../../test/fixtures/service.ts";
import { type Findings, figure, type PartOptions, type Row } from "../report.ts";

const KILLING = { quick: { kills: 3, creates: 600 }, long: { kills: 20, creates: 20_000 } };
/** How often a neighbour is killed, beside a service on each runtime. */
const ROUNDS = { quick: 1, long: 5 };
/** The default of PONTUS_LEASE_SECONDS, and what recovery may take beyond it. */
const LEASE_MS = 6_000;
const RECOVERY_MS_MAX = LEASE_MS + 5_000;
/** Encoded for longer than recovery takes. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 60 } as const;

/** What is lost of acknowledged tasks when the service is killed under creates, and how soon a neighbour goes on with a run. */
export async function soakKills(options: PartOptions): Promise<Findings> {
  const loss = await measureLoss(options);
  const recoveries = [];
  for (const [runtime, command] of [
    ["Bun", BUN],
    ["Deno", denoAllowed()],
  ] as const)
    recoveries.push(await measureRecovery(options, runtime, command));
  return { rows: [loss, ...recoveries], facts: {} };
}

async function measureLoss({ isQuick, say }: PartOptions): Promise<Row> {
  const killing = isQuick ? KILLING.quick : KILLING.long;
  const home = newHome();
  const ids = await killUnderCreates(home, killing, say);
  const { missing, endedWrongly, withGaps } = await lossesOf(home, ids);
  return {
    key: "kills.loss",
    what: `acknowledged tasks lost after ${killing.kills} x kill -9 under 32 callers who create and 2 runs`,
    ours: `${missing} of ${ids.length} missing, ${endedWrongly} stuck or ended twice, ${withGaps} with gaps in their events`,
    peer: "",
    bar: "0",
    isMet: missing + endedWrongly + withGaps === 0,
  };
}

/** Kills a service that encodes: the time until its encoder is gone and its task runs in a neighbour that was there before. */
async function measureRecovery(
  { isQuick, say }: PartOptions,
  runtime: string,
  command: readonly string[],
): Promise<Row> {
  const tookMs: number[] = [];
  for (let round = 0; round < (isQuick ? ROUNDS.quick : ROUNDS.long); round += 1) {
    const home = newHome();
    copyFileSync(await clip(LONG), join(home.media, "long.mp4"));
    const killed = await startService(home, { PONTUS_CONCURRENCY: "1" });
    const id = await killed.create({
      source: { source_url: "long.mp4" },
      profile_name: "video_mp4_1280x720_1728kbps",
      targets: [{ target_url: "out.mp4" }],
    });
    const orphan = await eventually(() => encodersOf(home).find(isAlive));
    const neighbour = await startService(home, { PONTUS_CONCURRENCY: "1" }, command);
    try {
      const startMs = performance.now();
      await killed.stop("SIGKILL");
      await neighbour.until(id, ({ attempt }) => attempt === 2);
      await eventually(() => !isAlive(orphan) || undefined);
      tookMs.push(performance.now() - startMs);
    } finally {
      await neighbour.stop("SIGKILL");
    }
    say(`${runtime}: recovered within ${figure(tookMs.at(-1) ?? 0)} ms`);
  }
  const mostMs = Math.max(...tookMs);
  return {
    key: `kills.recovery.${runtime.toLowerCase()}`,
    what: `a neighbour on ${runtime} has ended the encoder of one that was killed, and runs its task: the slowest of ${tookMs.length}`,
    ours: `${figure(mostMs / 1000)} s`,
    peer: "",
    bar: `≤ ${RECOVERY_MS_MAX / 1000} s`,
    isMet: mostMs <= RECOVERY_MS_MAX,
  };
}
