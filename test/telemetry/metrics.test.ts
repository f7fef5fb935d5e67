import { describe, expect, test } from "bun:test";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { protocolOf } from "../../src/telemetry/protocol.ts";
import { Watching } from "../../src/telemetry/watching.ts";
import { logged } from "../fixtures/logged.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { anOutput, aTargetOf, claimTask, createTask } from "../fixtures/store-bench.ts";

/** The samples of some metrics that are not 0, as Prometheus reads them. */
const samplesOf = async (metrics: Metrics, ...names: readonly string[]): Promise<string[]> =>
  (await metrics.registry.metrics())
    .split("\n")
    .filter((line) => names.includes(line.split(/[{ ]/, 1)[0] ?? "") && !line.endsWith(" 0"));

const CALL = {
  ...{ method: "GET", route: "/healthz", status: 200, seconds: 0.01, requestId: () => "r" },
  ...{ clientCode: undefined, taskId: undefined },
};

describe("Watching", () => {
  test("counts what becomes of tasks, those included that end without a run", async () => {
    const watching = new Watching();
    const metrics = new Metrics();
    watching.count(metrics);
    const bench = sqliteBench(":memory:", { onChange: watching.taskChanged });
    const targets = [
      { url: "s3://bucket/a.mp4", key: "a" },
      { url: "media/b.mp4", key: "b" },
    ];
    await createTask(bench, { targets });
    bench.clock.nowMs += 2_000;
    const { claim } = await claimTask(bench);
    await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
    const failure = { code: "target_full", detail: "Cannot write: it is full" } as const;
    await bench.queue.giveBack(claim, { failure, notBeforeMs: 0, counts: true });
    const again = await claimTask(bench);
    await bench.tasks.saveTarget(again.claim, 1, { status: "FAILED", failure });
    await bench.tasks.finish(again.claim, { status: "FAILED", failure });
    await bench.tasks.cancel("ada", await createTask(bench, { targets: [aTargetOf("c")] }));
    const samples = await samplesOf(
      metrics,
      ...["pontus_tasks_created_total", "pontus_tasks_ended_total", "pontus_runs_given_back_total"],
      ...["pontus_deliveries_total", "pontus_delivered_bytes_total"],
      ...["pontus_task_wait_seconds_count", "pontus_task_wait_seconds_sum"],
      ...["pontus_task_duration_seconds_count", "pontus_task_duration_seconds_sum"],
    );
    expect(samples).toEqual([
      "pontus_tasks_created_total 2",
      'pontus_tasks_ended_total{status="CANCELLED",code="",cause=""} 1',
      'pontus_tasks_ended_total{status="FAILED",code="OutputNotSupported",cause="target_full"} 1',
      'pontus_runs_given_back_total{cause="target_full"} 1',
      'pontus_deliveries_total{protocol="s3",status="SUCCESS"} 1',
      'pontus_deliveries_total{protocol="file",status="FAILED"} 1',
      'pontus_delivered_bytes_total{protocol="s3"} 1000',
      "pontus_task_wait_seconds_sum 2",
      "pontus_task_wait_seconds_count 1",
      'pontus_task_duration_seconds_sum{status="FAILED"} 2',
      'pontus_task_duration_seconds_count{status="FAILED"} 1',
      'pontus_task_duration_seconds_count{status="CANCELLED"} 1',
    ]);
  });

  test("tells the metrics what happened before they were loaded, and nothing where there are none", async () => {
    const watching = new Watching();
    watching.beginCall("GET", undefined).end(CALL);
    watching.logged("error");
    const metrics = new Metrics();
    watching.count(metrics);
    watching.beginCall("GET", undefined).end(CALL);
    expect(
      await samplesOf(metrics, "pontus_http_requests_total", "pontus_log_lines_total"),
    ).toEqual([
      'pontus_http_requests_total{route="/healthz",method="GET",status="200"} 2',
      'pontus_log_lines_total{level="error"} 1',
    ]);
    expect(await samplesOf(metrics, "pontus_http_request_duration_seconds_sum")).toEqual([
      'pontus_http_request_duration_seconds_sum{route="/healthz",method="GET"} 0.02',
    ]);
    // Asking is no call more.
    expect(await samplesOf(metrics, "pontus_http_requests_total")).toEqual([
      'pontus_http_requests_total{route="/healthz",method="GET",status="200"} 2',
    ]);
    const off = new Watching();
    off.count(undefined);
    off.beginCall("GET", undefined).end(CALL);
    const late = new Metrics();
    off.count(late);
    expect(await samplesOf(late, "pontus_http_requests_total")).toEqual([]);
  });

  test("fails for nothing that cannot be counted, and says so", async () => {
    const records = await logged();
    const watching = new Watching();
    const metrics = new Metrics();
    metrics.answered = () => {
      throw new TypeError("no number");
    };
    watching.count(metrics);
    watching.beginCall("GET", undefined).end(CALL);
    expect(records.map(({ level, rawMessage }) => `${level} ${rawMessage}`)).toEqual([
      "error Cannot count what has happened: {error}",
    ]);
  });

  test("times the parts of a run that come to their end, and passes on what they throw", async () => {
    const watching = new Watching();
    const metrics = new Metrics();
    watching.count(metrics);
    const bench = sqliteBench();
    await createTask(bench);
    const { task } = await claimTask(bench);
    const run = watching.beginRun(task, 1);
    expect(await run.timed("transcode", async () => "made", { mediaSeconds: 60 })).toBe("made");
    // A source may be endless for all that is known.
    await run.timed("transcode", async () => {}, { mediaSeconds: Number.POSITIVE_INFINITY });
    const broken = run.timed("verify", () => Promise.reject(new Error("wrong")));
    await expect(broken).rejects.toThrow("wrong");
    expect(
      await samplesOf(
        metrics,
        ...["pontus_run_phase_seconds_count", "pontus_encoder_speed_ratio_count"],
        "pontus_transcoded_seconds_total",
      ),
    ).toEqual([
      "pontus_transcoded_seconds_total 60",
      'pontus_run_phase_seconds_count{phase="transcode"} 2',
      "pontus_encoder_speed_ratio_count 1",
    ]);
  });
});

test.each([
  ["media/a.mp4", "file"],
  ["file:///a.mp4", "file"],
  ["S3://bucket/a", "s3"],
  ["rtmps://host/app/key", "rtmps"],
  ["made-up://host", "other"],
])("the label of the protocol of %s is %s", (url, label) => {
  expect(protocolOf(url)).toBe(label);
});
