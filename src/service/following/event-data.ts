import type { FeedEvent } from "../../events/events.ts";
import { maskSecrets } from "../../lib/mask.ts";
import { contractCode } from "../../task/errors.ts";
import type { Progress } from "../../task/task.ts";
import { formatTime } from "./format-time.ts";

/** Progress as the API writes it. A field that is `undefined` here is absent in the JSON. */
export const progressData = (progress: Progress) => ({
  phase: progress.phase,
  percent: progress.percent,
  out_time_seconds: progress.outTimeSeconds,
  speed: progress.speed,
  fps: progress.fps,
  eta_seconds: progress.etaSeconds,
  dropped_frames: progress.droppedFrames,
});

/** An event as the API tells it: in streams of events, and in notifications, which go to servers that are no clients. Secrets are masked. */
export const eventData = (event: FeedEvent) => ({
  task_id: event.taskId,
  sequence: event.sequence,
  time: formatTime(event.timeMs),
  type: event.type,
  task_status: event.status,
  attempt: event.attempt > 0 ? event.attempt : undefined,
  target: targetData(event),
  progress: event.progress && progressData(event.progress),
  error: event.failure && {
    code: contractCode(event.failure.code),
    detail: maskSecrets(event.failure.detail),
  },
});

function targetData({ target, targetUrl, targetStatus }: FeedEvent) {
  if (target === undefined || targetStatus === undefined) return undefined;
  return {
    index: target,
    target_url: maskSecrets(targetUrl ?? ""),
    target_status: targetStatus,
  };
}
