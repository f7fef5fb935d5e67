import { maskCredentials, maskSecrets } from "../../lib/mask.ts";
import { toNumber } from "../../lib/rational.ts";
import { type ForecastOutput, type StreamUse, streamUses } from "../../plan/forecast.ts";
import { furtherInputsOf } from "../../plan/further.ts";
import type { MediaInfo, MediaStream } from "../../probe/media.ts";
import type { Outlook, Planned } from "../../service/plan-new-task.ts";
import { failureAnswer } from "../answers.ts";
import type { Language } from "../language.ts";
import type { TaskPlanAnswer } from "../schemas/plan-schemas.ts";

/** A plan as the API writes it. A field that is `undefined` here is absent in the JSON. */
export function planAnswer(outlook: Outlook, language: Language): TaskPlanAnswer {
  const { sourceUrl, profileName } = outlook.task;
  const told = { source_url: maskCredentials(sourceUrl) };
  if ("failure" in outlook)
    return {
      source: told,
      profile_name: profileName,
      error: failureAnswer(outlook.failure, language),
    };
  const { planned } = outlook;
  const { outputs, inputs, steps, warnings, sizeBytes, seconds } = planned.forecast;
  const urls = furtherInputsOf(outlook.task).map(({ url }) => maskCredentials(url));
  return {
    source: { ...told, ...sourceAnswer(planned) },
    profile_name: profileName,
    inputs: inputs?.map(({ kind, name, file, format }, at) => ({
      ...{ kind, name, file, container: format, source_url: urls[at] },
    })),
    outputs: outputs.map(outputAnswer),
    steps: steps.map(({ name, args, slice, whole }) => ({
      ...{ name, arguments: args.map(maskSecrets), slice, whole },
    })),
    estimate: { size_bytes: sizeBytes, seconds },
    warnings:
      warnings.length === 0
        ? undefined
        : warnings.map(({ code, message }) => ({ code, message: maskSecrets(message) })),
  };
}

function sourceAnswer({ media, forecast }: Planned) {
  const uses = streamUses(forecast.outputs, media);
  return {
    container: media.format,
    duration_seconds: media.durationSeconds,
    size_bytes: media.sizeBytes,
    bitrate_bps: media.bitrateBps,
    streams: known(media).map((stream, at) => streamAnswer(stream, uses[at] ?? [])),
  };
}

/** All streams, those that are taken with what else is known of them. */
const known = ({ streams, video, audio }: MediaInfo): readonly MediaStream[] =>
  streams.map((stream) => [video, audio].find((one) => one?.index === stream.index) ?? stream);

const streamAnswer = (stream: MediaStream, uses: readonly StreamUse[]) => ({
  index: stream.index,
  kind: stream.kind,
  codec: stream.codec,
  language: stream.language,
  bitrate_bps: stream.bitrateBps,
  ...(stream.kind === "video" && {
    width: stream.width,
    height: stream.height,
    framerate: stream.framerate && toNumber(stream.framerate),
  }),
  ...(stream.kind === "audio" && {
    channels: stream.channels,
    samplerate_hz: stream.samplerateHz,
  }),
  uses: uses.map(({ targets, action, why }) => ({ targets: [...targets], action, why })),
});

const outputAnswer = ({ targets, container, video, audio, sizes, reused }: ForecastOutput) => ({
  targets: [...targets],
  container,
  video: { ...video },
  audio: { action: audio.action, why: audio.why, codec: audio.codec },
  renditions: sizes?.map((size) => ({ ...size })),
  reused,
});
