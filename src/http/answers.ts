import { maskCredentials, maskSecrets } from "../lib/mask.ts";
import { progressData } from "../service/following/event-data.ts";
import { formatTime } from "../service/following/format-time.ts";
import { contractCode } from "../task/errors.ts";
import type { Notification } from "../task/notification.ts";
import type {
  Attempt,
  Clip,
  Failure,
  Output,
  OutputSound,
  SoundLoudness,
  Target,
  Task,
} from "../task/task.ts";
import type { Language } from "./language.ts";
import { taskMessageOf } from "./problem.ts";
import type { OutputAnswer } from "./schemas/output-schemas.ts";
import type { TaskAnswer } from "./schemas/task-schemas.ts";

/** Why a task, an attempt or a target failed, as the API writes it. */
export const failureAnswer = ({ code, detail }: Failure, language: Language) => ({
  code: contractCode(code),
  message: taskMessageOf(contractCode(code), language),
  detail: maskSecrets(detail),
});

const loudnessAnswer = ({ integratedLufs, truePeakDbtp, rangeLu }: SoundLoudness) => ({
  integrated_lufs: integratedLufs,
  true_peak_dbtp: truePeakDbtp,
  range_lu: rangeLu,
});

const soundAnswer = ({ codec, channels, loudness, ...sound }: OutputSound) => ({
  ...{ codec, channels },
  samplerate_hz: sound.samplerateHz,
  bitrate_bps: sound.bitrateBps,
  language: sound.language,
  title: sound.title && maskSecrets(sound.title),
  dispositions: [...sound.dispositions],
  is_default: sound.isDefault,
  loudness: loudness && {
    before: loudnessAnswer(loudness.before),
    after: loudnessAnswer(loudness.after),
  },
});

const outputAnswer = ({
  sizeBytes,
  durationSeconds,
  container,
  ...output
}: Output): OutputAnswer => ({
  size_bytes: sizeBytes,
  duration_seconds: durationSeconds,
  container,
  bitrate_bps: output.bitrateBps,
  reused: output.reused,
  video: output.video && {
    codec: output.video.codec,
    width: output.video.width,
    height: output.video.height,
    framerate: output.video.framerate,
    bitrate_bps: output.video.bitrateBps,
  },
  audio: output.audio && {
    codec: output.audio.codec,
    channels: output.audio.channels,
    samplerate_hz: output.audio.samplerateHz,
    bitrate_bps: output.audio.bitrateBps,
  },
  quality: output.quality,
  audio_tracks: output.sounds?.map(soundAnswer),
  renditions: output.renditions?.map(outputAnswer),
  encryption: output.encryption && {
    method: output.encryption.method,
    keys: output.encryption.keys,
    key_id: output.encryption.keyId,
  },
});

const targetAnswer = (target: Target, sentBytes: number | undefined, language: Language) => ({
  target_url: maskCredentials(target.url),
  profile_name: target.profileName,
  target_status: target.status,
  error: target.failure && failureAnswer(target.failure, language),
  output: target.output && outputAnswer(target.output),
  watchable: target.isWatchable,
  bytes_sent: sentBytes,
});

const attemptAnswer = (attempt: Attempt, language: Language) => ({
  attempt: attempt.attempt,
  start_time: formatTime(attempt.startMs),
  end_time: attempt.endMs === undefined ? undefined : formatTime(attempt.endMs),
  engine: attempt.engine,
  error: attempt.failure && failureAnswer(attempt.failure, language),
});

/** Who is told of a task. Credentials are masked. */
export const notificationAnswer = ({ url, events }: Notification) => ({
  url: maskCredentials(url),
  events: events && [...events],
});

/** A task as the API writes it. A field that is `undefined` here is absent in the JSON. */
export const taskAnswer = (task: Task, language: Language): TaskAnswer => ({
  task_id: task.id,
  source: { source_url: maskCredentials(task.sourceUrl) },
  profile_name: task.profileName,
  targets: task.targets.map((target, at) =>
    targetAnswer(target, task.progress?.sentBytes?.[at], language),
  ),
  task_status: task.status,
  error: task.failure && failureAnswer(task.failure, language),
  create_time: formatTime(task.createMs),
  start_time: task.startMs === undefined ? undefined : formatTime(task.startMs),
  end_time: task.endMs === undefined ? undefined : formatTime(task.endMs),
  progress: task.progress && progressData(task.progress),
  attempt: task.attempt > 0 ? task.attempt : undefined,
  attempts:
    task.attempts.length > 0
      ? task.attempts.map((attempt) => attemptAnswer(attempt, language))
      : undefined,
  engine: task.engine,
  warnings: task.warnings?.map(({ code, message }) => ({
    code,
    message: maskSecrets(message),
  })),
  cancel_requested: task.cancelRequested || undefined,
  priority: task.priority,
  timeout_seconds: task.timeoutSeconds,
  metadata: task.metadata,
  notification: task.notification && notificationAnswer(task.notification),
  title: task.extras?.title,
  publish: task.extras?.growing && ("growing" as const),
  publish_failure: task.extras?.growing?.atFailure,
  clip: task.clip && clipAnswer(task.clip),
  sources: task.extras?.sources?.map(({ url, clip }) => ({
    source_url: maskCredentials(url),
    clip: clip && clipAnswer(clip),
  })),
  subtitles: task.extras?.subtitles?.map(({ url, language, title, charset, ...marks }) => ({
    ...{ source_url: maskCredentials(url), language, title, charset },
    ...{ default: marks.isDefault, forced: marks.isForced },
  })),
});

const clipAnswer = ({ startSeconds, durationSeconds }: Clip) => ({
  start_seconds: startSeconds,
  duration_seconds: durationSeconds,
});
