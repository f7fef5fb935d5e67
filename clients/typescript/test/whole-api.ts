import { follow, replay, upload } from "./follow.ts";
import { callAsOperator } from "./operators.ts";
import { called, ended, expectThat, good, pontus, receiver, stranger, until } from "./pontus.ts";

// Calls everything that the service has, and prints the names of the calls. Runs on Bun, Deno and Node alike.

const path = (task_id: string) => ({ path: { task_id } });

expectThat((await good(pontus.readHealth())).status === "ok", "health");
expectThat((await good(pontus.readReadiness())).ready, "readiness");

const profile_name = `small-${Math.random().toString(36).slice(2)}`;
const qlty = { container: "mp4", bitrate: 100_000, width: 64, audio_bitrate: 64_000 } as const;
const profile = await good(pontus.createProfile({ body: { profile_name, qlties: [qlty] } }));
expectThat(profile.qlties_length === 1 && profile.qlties[0]?.format === "h264", profile);
expectThat((await good(pontus.readProfile({ path: { profile_name } }))).description === "", "read");
const { profiles } = await good(pontus.listProfiles());
expectThat(
  profiles.some((one) => one.profile_name === profile_name),
  profiles,
);

const body = {
  source: { source_url: "clip.mp4" },
  profile_name,
  targets: [{ target_url: `out/${profile_name}.mp4` }],
  metadata: { order: "A 17/ü" },
  notification: { url: receiver, events: ["ended" as const] },
};
const plan = await good(pontus.planTranscodingTask({ body }));
expectThat(plan.steps?.length === 1, plan);
const headers = { "Idempotency-Key": profile_name };
const { task_id } = await good(pontus.createTranscodingTask({ body, headers }));
const again = await good(pontus.createTranscodingTask({ body, headers }));
expectThat(again.task_id === task_id, "the same key gives the same task");
await follow(task_id);
const task = await ended(task_id);
await replay(task_id);
await upload(profile_name);
expectThat((await good(pontus.readMetrics())).includes("pontus_"), "metrics");
expectThat(task.task_status === "SUCCESS", task);
expectThat(task.targets[0]?.output?.video?.width === 64, task.targets);
expectThat(task.metadata?.["order"] === "A 17/ü", task.metadata);
const page = await good(pontus.listTranscodingTasks({ query: { status: "SUCCESS", limit: 1 } }));
expectThat(page.tasks[0]?.task_id === task_id, page);

// It is kept a moment after the task has ended.
await until(
  () => good(pontus.readTranscodingTaskLog(path(task_id))),
  ({ attempts }) => attempts[0]?.attempt === 1,
);
const made = await good(pontus.readTranscodingTaskKey({ path: { task_id, key: 0 } }));
expectThat(/^[0-9a-f]{32}$/.test(made.value), made);
await callAsOperator(task_id);

// Whether it is cancelled in time depends on how fast the machine is.
const late = await good(pontus.createTranscodingTask({ body: { ...body, priority: -10 } }));
const cancelled = await pontus.cancelTranscodingTask(path(late.task_id));
const status = cancelled.response?.status;
expectThat(cancelled.data !== undefined || status === 409, status);
const conflict = await pontus.cancelTranscodingTask(path(task_id));
expectThat(conflict.error?.error.code === "TaskConflict", conflict.error);
const isOver = (await ended(late.task_id)).task_status === "CANCELLED";
const retried = await pontus.retryTranscodingTask(path(late.task_id));
expectThat(isOver === (retried.data !== undefined), retried.error);
await ended(late.task_id);

const deleted = await pontus.deleteTranscodingTask(path(task_id));
expectThat(deleted.response?.status === 204, deleted.error);
const lost = await pontus.readTranscodingTask(path(task_id));
expectThat(lost.error?.error.code === "NoSuchTask", lost.error);
const gone = await good(pontus.deleteProfile({ path: { profile_name } }));
expectThat(gone.profile_name === profile_name, gone);

const refused = await stranger.listProfiles();
expectThat(refused.error?.error.code === "AuthenticationFailed", refused.error);
expectThat(refused.error.error.message.startsWith("认证失败"), refused.error);

console.log(JSON.stringify([...called].sort()));
