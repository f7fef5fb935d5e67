import { expect, test } from "bun:test";
import { logChange } from "../../src/telemetry/task-lines.ts";
import { logged } from "../fixtures/logged.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aTargetOf, claimTask, createTask } from "../fixtures/store-bench.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const origin = { requestId: "r-1", traceParent: `00-${TRACE}-00f067aa0ba902b7-01` };
const SOURCE = "https://user:pass@host.example/in.mp4?token=t0k3n";
const failure = { code: "source_missing", detail: "Cannot read the source: it is gone" } as const;

/** A claimed task whose changes are logged. */
async function aTask(targets = [aTargetOf("a")]) {
  const records = await logged();
  const bench = sqliteBench(":memory:", { onChange: logChange });
  const id = await createTask(bench, { origin, targets, sourceUrl: SOURCE });
  bench.clock.nowMs += 2_000;
  const { claim } = await claimTask(bench);
  await bench.tasks.saveProgress(claim, {
    ...{ phase: "TRANSCODING", outTimeSeconds: 4, speed: 2.5, fps: 25 },
  });
  bench.clock.nowMs += 4_000;
  return { bench, id, claim, records };
}

test("a task that has failed has one warning, with all that tells whose it is and why", async () => {
  const { bench, id, claim, records } = await aTask();
  await bench.tasks.finish(claim, { status: "FAILED", failure });
  expect(records.map(({ level }) => level)).toEqual(["warning"]);
  expect(records[0]?.message.join("")).toBe(
    `Task ${id} has failed: Cannot read the source: it is gone`,
  );
  expect(records[0]?.properties).toEqual({
    taskId: id,
    clientCode: "ada",
    profileName: "video_mp4_640x360_520kbps",
    source: "https://***@host.example/in.mp4?token=***",
    targets: ["FAILED file:///media/a.mp4"],
    attempt: 1,
    runSeconds: 4,
    seconds: 6,
    speed: 2.5,
    requestId: "r-1",
    traceId: TRACE,
    code: "ParameterError",
    reason: "source_missing",
    detail: failure.detail,
  });
});

test("a run that is tried again is a warning that says when", async () => {
  const { bench, claim, records } = await aTask();
  const notBeforeMs = bench.clock.nowMs + 60_000;
  await bench.queue.giveBack(claim, { failure, notBeforeMs, counts: true });
  expect(records[0]).toMatchObject({
    level: "warning",
    properties: {
      ...{ reason: "source_missing", runSeconds: 4 },
      nextTry: new Date(notBeforeMs).toISOString(),
    },
  });
});

test("what is no failure is no warning: a success, a cancel, a stop of the service", async () => {
  const { bench, claim, records } = await aTask();
  const shutdown = { code: "shutdown", detail: "Cannot finish this run" } as const;
  const reason = { failure: shutdown, notBeforeMs: bench.clock.nowMs, counts: false };
  await bench.queue.giveBack(claim, reason);
  const again = await claimTask(bench);
  await bench.tasks.saveTarget(again.claim, 0, { status: "SUCCESS" });
  await bench.tasks.finish(again.claim, { status: "SUCCESS" });
  await bench.tasks.cancel("ada", await createTask(bench));
  expect(records.map(({ level, rawMessage }) => `${level} ${rawMessage}`)).toEqual([
    "info Task {taskId} goes on later: {detail}",
    "info Task {taskId} has succeeded",
    "info Task {taskId} was cancelled",
  ]);
  expect(records[0]?.properties["nextTry"]).toBe("now");
});

test("a line has at most eight targets", async () => {
  const targets = Array.from({ length: 10 }, (_, at) => aTargetOf(`t${at}`));
  const { bench, claim, records } = await aTask(targets);
  await bench.tasks.finish(claim, { status: "FAILED", failure });
  const shown = records[0]?.properties["targets"] as string[];
  expect(shown).toHaveLength(9);
  expect(shown.at(-1)).toBe("and 2 more");
});
