import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { clip } from "../../test/fixtures/clips.ts";
import { type RunningFleet, startFleet } from "../../test/fixtures/fleet.ts";
import type { RunningService, TaskAnswer } from "../../test/fixtures/service.ts";
import { type Findings, figure, type PartOptions } from "../report.ts";
import { median } from "../statistics.ts";

/** The default of PONTUS_LEASE_SECONDS, and what recovery may take beyond it. */
const LEASE_SECONDS = 6;
const BAR_SECONDS = LEASE_SECONDS + 5;
const ROUNDS = { quick: 3, long: 10 };
/** Encoded for longer than recovery takes. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 60 } as const;
const ENV = { PONTUS_LEASE_SECONDS: String(LEASE_SECONDS), PONTUS_LOG_LEVEL: "info" };

const isEncoding = ({ task_status, progress }: TaskAnswer): boolean =>
  task_status === "RUNNING" && (progress?.out_time_seconds ?? 0) > 0;

/** Kills the worker that encodes a task, one after the other: how long it takes until the task runs on another machine's worker. */
export async function measureRecovery({ isQuick, say }: PartOptions): Promise<Findings> {
  const fleet = await startFleet();
  const seconds: number[] = [];
  try {
    await copyFile(await clip(LONG), join(fleet.media, "long.mp4"));
    const api = await fleet.node("api", ENV);
    for (let round = 1; round <= (isQuick ? ROUNDS.quick : ROUNDS.long); round += 1) {
      seconds.push(await recover(fleet, api, round));
      say(`recovery ${round}: ${figure(seconds.at(-1) ?? 0)} s`);
    }
  } finally {
    await fleet.stop();
  }
  const longest = Math.max(...seconds);
  const row = {
    key: "fleet.recovery",
    what: `kill -9 of a worker that encodes to the start of its task on another, lease ${LEASE_SECONDS} s, ${seconds.length} times`,
    ours: `median ${figure(median(seconds))} s, longest ${figure(longest)} s`,
    peer: "",
    bar: `≤ ${BAR_SECONDS} s`,
    isMet: longest <= BAR_SECONDS,
  };
  return { rows: [row], facts: { recovery: seconds } };
}

/** @returns how long it took, in seconds, with what asking for it takes */
async function recover(fleet: RunningFleet, api: RunningService, round: number): Promise<number> {
  const killed = await fleet.node("worker", ENV);
  const id = await api.create({
    source: { source_url: "long.mp4" },
    profile_name: "video_mp4_1280x720_1728kbps",
    targets: [{ target_url: `out-${round}.mp4` }],
  });
  await api.until(id, isEncoding);
  const other = await fleet.node("worker", ENV);
  const startMs = performance.now();
  await killed.stop("SIGKILL");
  await api.until(id, ({ task_status, attempt }) => task_status === "RUNNING" && attempt === 2);
  const tookMs = performance.now() - startMs;
  await api.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
  await api.until(id, ({ task_status }) => task_status === "CANCELLED");
  await other.stop();
  return tookMs / 1_000;
}
