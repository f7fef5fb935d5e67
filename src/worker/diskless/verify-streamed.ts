import { basename, extname } from "node:path";
import type { ByteSource, StreamedEngine } from "../../engine/engine.ts";
import { playlistSeconds } from "../../manifest/write/set-playlists.ts";
import type { Expectation } from "../../plan/plan.ts";
import { judgeKeptTail } from "../../plan/verify/verify-tail.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { CountedSource } from "../output/counted-source.ts";
import { describeOutput } from "../output/describe-output.ts";
import type { Run } from "../run.ts";
import type { Outgoing } from "./streamed-outputs.ts";

/**
 * Judges a product that has left while it was made. Its streams are probed in its beginning, which is kept. Its duration is what the
 * probe says if the beginning is all of it (streamed Matroska does not say), else that of its playlist, else how far the encoder
 * came. Its last seconds are decoded as far as they are kept. Copied packets are not compared, as source and output would have to be
 * read again.
 *
 * @param outTimeSeconds - how far the encoder came
 * @throws {TaskError} as `judgeOutput`
 */
export async function verifyStreamed(
  outgoing: Outgoing,
  outTimeSeconds: number,
  source: CountedSource,
  engine: StreamedEngine,
  { signal, warn }: Pick<Run, "signal" | "warn">,
): Promise<Output> {
  const { product, sizeBytes, texts, headFile = "" } = outgoing;
  const head = Buffer.concat(outgoing.head);
  if (head.length === 0)
    throw new TaskError("source_damaged", "Cannot use the source: nothing came out of it");
  const isWhole = outgoing.headFileBytes === head.length && product.segments === undefined;
  const extension = extname(headFile);
  const request = { source: bytesSource(head), extension, side: "output" } as const;
  const probed = await engine.probe(request, signal);
  const list = product.segments === undefined ? undefined : texts.get(basename(product.entry));
  const durationSeconds = list === undefined ? outTimeSeconds : playlistSeconds(list);
  const isTold = isWhole && probed.durationSeconds !== undefined;
  const made = isTold ? probed : { ...withoutLengths(probed), durationSeconds };
  await warn(await source.judge(withoutCopies(product.expect), made));
  await judgeEnd(outgoing, head, made, engine, signal);
  return describeOutput(product, made, sizeBytes);
}

/** Has the last seconds decoded if they are kept, which they are not for longer FLV and Ogg, and for very high bitrates. */
async function judgeEnd(
  { product, end }: Outgoing,
  head: Uint8Array,
  made: MediaInfo,
  engine: StreamedEngine,
  signal: AbortSignal,
): Promise<void> {
  const { expect, segments } = product;
  const seconds = made.durationSeconds ?? 0;
  const file = end.file({ head, seconds }, segments !== undefined);
  if (!file) return;
  const { bytes, extension, isTimed } = file;
  const keyFramesOnly = expect.video?.isCopy === true;
  const request = { source: bytesSource(bytes), extension, keyFramesOnly };
  judgeKeptTail(expect, made, await engine.readTail(request, signal), isTimed);
}

const bytesSource = (bytes: Uint8Array): ByteSource => ({
  sizeBytes: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});

/** Drops the durations and bitrates of the streams: they are those of the beginning. */
function withoutLengths({ video, audio, ...media }: MediaInfo): MediaInfo {
  const clean = <S extends NonNullable<MediaInfo["video"] | MediaInfo["audio"]>>(stream: S): S => {
    const { durationSeconds: _, bitrateBps: __, ...rest } = stream;
    return rest as S;
  };
  return {
    ...media,
    ...(video && { video: withoutFrames(clean(video)) }),
    ...(audio && { audio: clean(audio) }),
  };
}

function withoutFrames(video: NonNullable<MediaInfo["video"]>): NonNullable<MediaInfo["video"]> {
  const { frames: _, ...rest } = video;
  return rest;
}

function withoutCopies({ video, audio, ...expect }: Expectation): Expectation {
  return {
    ...expect,
    ...(video && { video: { ...video, sameAsSource: false } }),
    ...(audio && { audio: { ...audio, sameAsSource: false } }),
  };
}
