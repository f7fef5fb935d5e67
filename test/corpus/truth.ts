import type { CorpusFile } from "./corpus.ts";
import type { Measured, Span } from "./measure.ts";
import { PROFILES, type ProfileKey } from "./profiles.ts";
import type { Outcome } from "./runs.ts";

/** How far decoded times may be from the index's. */
const SECONDS_OFF = 0.1;
/** Scaled sides are even numbers of pixels: at 90 lines 2 are a fiftieth. */
const SHAPE_OFF = 0.04;

type Spans = {
  readonly video?: Span & { readonly pictures: number };
  readonly audio?: Span;
};

/** What is right for a file and a profile: the spans of its streams, or the code it is refused with. */
export type Truth =
  | { readonly refusal: string }
  | (Spans & {
      /** Where what comes before the first of these streams is filled. */
      readonly fromStart?: Spans;
    });

/** What the containers of copies hold, as their specifications and ffmpeg's muxers have it. */
const HELD: Readonly<Partial<Record<ProfileKey, readonly string[]>>> = {
  "mp4 copy": [
    ..."h264 hevc av1 vp9 mpeg4 mpeg2video".split(" "),
    ..."aac mp3 mp2 ac3 eac3 opus flac alac dts".split(" "),
  ],
  "mkv copy": [
    ..."h264 hevc av1 vp8 vp9 mpeg4 mpeg2video".split(" "),
    ..."aac mp3 mp2 ac3 eac3 opus vorbis flac alac dts pcm_s16le".split(" "),
  ],
  "hls copy": "h264 hevc av1 aac mp3 ac3 eac3".split(" "),
};

/** Of copies: the containers that say how a picture is turned. */
const TURNED: readonly ProfileKey[] = ["mp4 copy"];

/** What the index says that a profile makes of a file. */
export function truthOf(file: CorpusFile, key: ProfileKey): Truth {
  const { video, audio } = PROFILES[key].rendition;
  const isSoundEnough = key === "adaptive";
  if (video === "none" && !file.audio) return { refusal: "input_not_supported" };
  if (video !== "none" && !file.video && !(isSoundEnough && file.audio))
    return { refusal: "input_not_supported" };
  const used = { video: video === "none" ? undefined : file.video, audio: file.audio };
  const held = HELD[key];
  const codecs = [video === "copy" && used.video?.codec, audio === "copy" && used.audio?.codec];
  if (held && codecs.some((codec) => typeof codec === "string" && !held.includes(codec)))
    return { refusal: "output_not_supported" };
  if (video === "copy" && file.video?.rotation && !TURNED.includes(key))
    return { refusal: "output_not_supported" };
  const spans = (origin: number) => {
    const span = ({ start, seconds }: { start: number; seconds: number }): Span => ({
      begin: start - origin,
      end: start - origin + seconds,
    });
    return {
      ...(used.video && { video: { ...span(used.video), pictures: used.video.pictures } }),
      ...(used.audio && { audio: span(used.audio) }),
    };
  };
  const first = Math.min(used.video?.start ?? Infinity, used.audio?.start ?? Infinity);
  return { ...spans(first), fromStart: spans(0) };
}

/** How an outcome differs from what is right; nothing where it does not. */
export function differences(file: CorpusFile, truth: Truth, outcome: Outcome): readonly string[] {
  if ("refusal" in outcome) {
    if ("refusal" in truth && truth.refusal === outcome.refusal) return [];
    return [`${outcome.refusal}: ${outcome.message}`];
  }
  if ("refusal" in truth) return [`it was made, and should be refused: ${truth.refusal}`];
  return [...timeDifferences(truth, outcome.measured), ...pictureDifferences(file, truth, outcome)];
}

/** How the times of what was decoded differ from what is right. */
export function timeDifferences(
  truth: Exclude<Truth, { refusal: string }>,
  measured: Measured,
): readonly string[] {
  const timesFor = (spans: Spans) => [
    ...spanDifferences("video", spans.video, measured.video),
    ...spanDifferences("audio", spans.audio, measured.audio),
  ];
  const isFilled = truth.fromStart && timesFor(truth.fromStart).length === 0;
  return isFilled ? [] : timesFor(truth);
}

/** What begins late may be filled from the very beginning on; it ends when it ends. */
function spanDifferences(
  kind: string,
  truth: Span | undefined,
  real: Span | undefined,
): readonly string[] {
  if (!truth || !real)
    return truth === real ? [] : [`its ${kind} ${truth ? "is missing" : "should not be there"}`];
  const isLate = real.begin > truth.begin + SECONDS_OFF;
  const isEarly = real.begin < truth.begin - SECONDS_OFF && real.begin > SECONDS_OFF;
  return [
    ...(isLate || isEarly
      ? [`its ${kind} begins at ${real.begin.toFixed(3)} s, not at ${truth.begin.toFixed(3)} s`]
      : []),
    ...(Math.abs(real.end - truth.end) > SECONDS_OFF
      ? [`its ${kind} ends at ${real.end.toFixed(3)} s, not at ${truth.end.toFixed(3)} s`]
      : []),
  ];
}

function pictureDifferences(
  file: CorpusFile,
  truth: Exclude<Truth, { refusal: string }>,
  outcome: Extract<Outcome, { measured: Measured }>,
): readonly string[] {
  const { measured, rate, sampleAspect, isPadded } = outcome;
  if (!truth.video || !measured.video || !file.video) return [];
  const { begin, end, pictures, shape } = measured.video;
  const found: string[] = [];
  // An encode has even pictures of its planned rate, a copy the source's own.
  const wanted = rate === undefined ? truth.video.pictures : (end - begin) * rate;
  if (Math.abs(pictures - wanted) > (rate === undefined ? 0 : 1))
    found.push(`it has ${pictures} pictures, not ${Math.round(wanted)}`);
  const [width, height] = file.video.size;
  const isTurned = Math.abs(file.video.rotation ?? 0) % 180 === 90;
  const upright = isTurned ? height / width / sampleAspect : (width / height) * sampleAspect;
  const wantedShape = isPadded ? 16 / 9 : upright;
  if (Math.abs(shape / wantedShape - 1) > SHAPE_OFF)
    found.push(
      `its picture is ${shape.toFixed(3)} wide to its height, not ${wantedShape.toFixed(3)}`,
    );
  return found;
}
