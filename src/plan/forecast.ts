import type { MediaInfo } from "../probe/media.ts";
import { isImage } from "../profile/container-rules.ts";
import type { Warning } from "../task/warnings.ts";
import type {
  Capabilities,
  Expectation,
  Load,
  Plan,
  PlannedInput,
  PlannedOutput,
  Step,
  StreamDecision,
  SubtitleTrack,
} from "./plan.ts";

/** A stream of an output: what becomes of it and why, and what it will be. */
export type ForecastStream = StreamDecision & {
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
};

/** What targets will get. */
export type ForecastOutput = {
  readonly targets: readonly number[];
  readonly container: string;
  readonly video: ForecastStream;
  readonly audio: ForecastStream;
  /** The source's streams that it gets as subtitles, and what these become. */
  readonly subtitles?: readonly Pick<SubtitleTrack, "index" | "codec">[];
  /** Of a set: the size of each rendition that has pictures, in its order. */
  readonly sizes?: readonly { readonly width?: number; readonly height?: number }[];
  /** It was made before, and is kept: no step is run for it. */
  readonly reused?: true;
};

/**
 * A run of ffmpeg. Its arguments are those that the engine runs; the engine puts general options in front of them, and its limit of
 * pictures in front of each input beside the source.
 */
export type ForecastStep = {
  readonly name: Step["name"] | "live";
  readonly args: readonly string[];
  /** Of a run that makes a slice of a long encode: its number, from 0 on. */
  readonly slice?: number;
  /** Why it is not cut into slices, where long encodes are. */
  readonly whole?: string;
};

/** What will be done for a task, told before it is. */
export type Forecast = {
  readonly outputs: readonly ForecastOutput[];
  /** What is read beside the source; absent if nothing is. */
  readonly inputs?: readonly PlannedInput[];
  readonly steps: readonly ForecastStep[];
  readonly warnings: readonly Warning[];
  /** Of all outputs together, about; absent if the duration is unknown. */
  readonly sizeBytes?: number;
  /** How long the steps take here, about; absent if the duration is unknown. */
  readonly seconds?: number;
};

/**
 * How many pixels a second a thread of ffmpeg encodes, as libx264 at `veryfast` (`Load.pixelsPerSecond`), by the engine: an assumption
 * that suits the two shared cores that this was written on, to the order of magnitude. Other machines differ by a few times.
 */
const PIXELS_PER_THREAD_SECOND = { native: 70e6, wasm: 6e6 } as const;
/** The second pass takes as long as the plan says; the first one is a part of it (`steps.ts`). */
const FIRST_PASS = 0.6;
/** What each run takes to begin and to be verified. */
const RUN_SECONDS = 0.3;
/** How fast packets are copied: far faster than any disk of a server reads at its worst. */
const COPY_BYTES_PER_SECOND = 100e6;
/** A still picture as JPEG, about. */
const STILL_BYTES_PER_PIXEL = 0.2;

/** Tells what a plan will do. */
export function forecast(plan: Plan, media: MediaInfo, capabilities: Capabilities): Forecast {
  const { products, inputs, steps, warnings, durationSeconds } = plan;
  const copied = copiedBps(products, media);
  return {
    outputs: products.map(outputOf),
    ...(inputs && { inputs }),
    steps: steps.flatMap((step) => runsOf(step, capabilities)),
    warnings,
    ...(durationSeconds !== undefined && {
      sizeBytes: Math.round(
        (encodedBps(steps, products) + copied) * (durationSeconds / 8) + stillBytes(products),
      ),
      seconds: secondsOf(steps, (copied * durationSeconds) / 8, durationSeconds, capabilities),
    }),
  };
}

/** A step in slices is run as these, and then joined. */
function runsOf(
  { name, args, sliced, whole }: Step,
  { spread }: Pick<Capabilities, "spread">,
): readonly ForecastStep[] {
  if (!sliced) return [{ name, args, ...(spread && whole !== undefined && { whole }) }];
  const others = new Set(sliced.parts.filter(({ isKept, isLight }) => isKept || isLight));
  return [
    ...sliced.parts.map((part, at) => ({
      ...{ name, args: part.args },
      ...(spread && !others.has(part) && { slice: at }),
    })),
    { name: "join", args: sliced.join.args },
  ];
}

function outputOf({
  targets,
  container,
  video,
  audio,
  expect,
  set,
  subtitles,
}: PlannedOutput): ForecastOutput {
  const sizes = set?.renditions.flatMap(({ video: at }) => {
    const made = at === undefined ? undefined : set.tracks[at]?.expect.video;
    return made ? [sizeOf(made)] : [];
  });
  return {
    targets,
    container,
    video: {
      ...video,
      ...(expect.video && { codec: expect.video.codec, ...sizeOf(expect.video) }),
    },
    audio: { ...audio, ...(expect.audio && { codec: expect.audio.codec }) },
    ...(subtitles && { subtitles }),
    ...(sizes && { sizes }),
  };
}

const sizeOf = ({ width, height }: NonNullable<Expectation["video"]>) => ({
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
});

const isStill = ({ container }: PlannedOutput): boolean => isImage(container);

/** A step that writes no output, but what other steps read. */
const isForOthers = (name: Step["name"]): boolean => name === "first pass" || name === "join";

/** The bits a second of everything that is encoded; a first pass writes no output, and a still is no film. */
function encodedBps(steps: readonly Step[], products: readonly PlannedOutput[]): number {
  const stills = new Set(products.filter(isStill).map(({ entry }) => entry));
  return steps
    .filter(({ name, writes }) => !isForOthers(name) && !writes.some((one) => stills.has(one)))
    .reduce((sum, { load }) => sum + (load?.bitsPerSecond ?? 0), 0);
}

/** The bits a second of everything that is copied, as far as the source says. */
function copiedBps(products: readonly PlannedOutput[], media: MediaInfo): number {
  const { bitrateBps: whole = bpsBySize(media), video, audio } = media;
  const ofAudio = audio?.bitrateBps ?? 0;
  const ofVideo = video?.bitrateBps ?? Math.max(0, whole - ofAudio);
  const soundAlone = audio?.bitrateBps ?? (video ? 0 : whole);
  return products.reduce(
    (sum, product) =>
      sum +
      (product.video.action === "copy" ? ofVideo : 0) +
      (product.audio.action === "copy" ? soundAlone : 0),
    0,
  );
}

const bpsBySize = ({ sizeBytes = 0, durationSeconds }: MediaInfo): number =>
  durationSeconds ? (sizeBytes * 8) / durationSeconds : 0;

const stillBytes = (products: readonly PlannedOutput[]): number =>
  products
    .filter(isStill)
    .reduce(
      (sum, { expect: { video } }) =>
        sum + (video?.width ?? 0) * (video?.height ?? 0) * STILL_BYTES_PER_PIXEL,
      0,
    );

function secondsOf(
  steps: readonly Step[],
  copiedBytes: number,
  durationSeconds: number,
  { engine, threads, slices = 1 }: Capabilities,
): number {
  const atOnce = engine === "wasm" ? slices : threads;
  const speed = PIXELS_PER_THREAD_SECOND[engine] * atOnce;
  const encoding = steps.reduce(
    (sum, { name, load }) => sum + pixelsOf(load) * (name === "first pass" ? FIRST_PASS : 1),
    0,
  );
  const seconds =
    (encoding * durationSeconds) / speed +
    copiedBytes / COPY_BYTES_PER_SECOND +
    steps.length * RUN_SECONDS;
  return Math.round(seconds * 10) / 10;
}

const pixelsOf = (load: Load | undefined): number => load?.pixelsPerSecond ?? 0;

/** What becomes of one stream of a source in one output. */
export type StreamUse = StreamDecision & { readonly targets: readonly number[] };

/** What becomes of each stream of a source, by its place among `media.streams`, in each output. */
export const streamUses = (
  outputs: readonly Pick<ForecastOutput, "targets" | "video" | "audio" | "subtitles">[],
  media: MediaInfo,
): readonly (readonly StreamUse[])[] =>
  media.streams.map((stream) =>
    outputs.map(({ targets, video, audio, subtitles = [] }) => {
      const { index } = stream;
      if (stream.kind === "video" && index === media.video?.index)
        return { targets, action: video.action, why: video.why };
      const isTaken = index === media.audio?.index || index === media.audio?.rightIndex;
      if (stream.kind === "audio" && isTaken)
        return { targets, action: audio.action, why: audio.why };
      const text = subtitles.find((track) => track.index === index);
      if (text) return { targets, action: "encode", why: `it was asked for, as ${text.codec}` };
      return { targets, action: "none", why: whyLeft(stream, media) };
    }),
  );

function whyLeft({ kind, ...stream }: MediaInfo["streams"][number], media: MediaInfo): string {
  if (kind === "subtitle") return "subtitles are not taken over";
  if (kind === "data" || kind === "attachment") return `${kind} is not taken over`;
  if (kind === "video" && "isStill" in stream && stream.isStill) return "it is a still picture";
  const taken = kind === "video" ? media.video : media.audio;
  return taken ? `stream ${taken.index} is taken as the ${kind}` : "it cannot be used";
}
