import type { FieldError } from "../../task/errors.ts";
import type { VideoCodec } from "../codecs.ts";

/** Options of an encoder, by its own names and as it takes them: `{"tune": "film", "psy-rd": "1.0,0.15"}`. */
export type EncoderOptions = Readonly<Record<string, string>>;

/** What a profile says of an encoder beyond what all of them know. */
export type EncoderWishes = { readonly encoderOptions?: EncoderOptions };

/** What one option may be: its text, and the same in words. */
type Rule = { readonly takes: (value: string) => boolean; readonly says: string };

const NUMBER = /^-?\d{1,5}(?:\.\d{1,4})?$/;
const WHOLE = /^-?\d{1,5}$/;

const oneOf = (...values: readonly string[]): Rule => ({
  takes: (value) => values.includes(value),
  says: `one of ${values.join(", ")}`,
});
const within = (value: string, min: number, max: number) =>
  Number(value) >= min && Number(value) <= max;
const whole = (min: number, max: number): Rule => ({
  takes: (value) => WHOLE.test(value) && within(value, min, max),
  says: `a whole number from ${min} to ${max}`,
});
const number = (min: number, max: number): Rule => ({
  takes: (value) => NUMBER.test(value) && within(value, min, max),
  says: `a number from ${min} to ${max}`,
});
const pair = (one: Rule, other: Rule): Rule => ({
  takes: (value) => {
    const [first = "", second, ...rest] = value.split(",");
    return one.takes(first) && (second === undefined || other.takes(second)) && rest.length === 0;
  },
  says: `${one.says}, and perhaps a comma and ${other.says}`,
});
const ON_OFF = whole(0, 1);

/** The slowest and the fastest of these take some thirty times as long as one another. */
const PRESETS = [
  ...["ultrafast", "superfast", "veryfast", "faster", "fast"],
  ...["medium", "slow", "slower", "veryslow"],
];
/** What x264 and x265 have in common. */
const X26X: Readonly<Record<string, Rule>> = {
  preset: oneOf(...PRESETS),
  "aq-strength": number(0, 3),
  "b-adapt": whole(0, 2),
  deblock: pair(whole(-6, 6), whole(-6, 6)),
  ipratio: number(1, 2),
  merange: whole(4, 64),
  pbratio: number(1, 2),
  weightb: ON_OFF,
};

/** The options that each codec's encoder may be given. What the service itself relies on is not among them. */
const ALLOWED: Readonly<Record<VideoCodec, Readonly<Record<string, Rule>>>> = {
  h264: {
    ...X26X,
    tune: oneOf("film", "animation", "grain", "stillimage", "fastdecode", "psnr", "ssim"),
    "8x8dct": ON_OFF,
    "aq-mode": whole(0, 3),
    "chroma-qp-offset": whole(-12, 12),
    "dct-decimate": ON_OFF,
    "deadzone-inter": whole(0, 32),
    "deadzone-intra": whole(0, 32),
    direct: oneOf("none", "spatial", "temporal", "auto"),
    "fast-pskip": ON_OFF,
    mbtree: ON_OFF,
    me: oneOf("dia", "hex", "umh"),
    "mixed-refs": ON_OFF,
    nr: whole(0, 1000),
    "psy-rd": pair(number(0, 10), number(0, 10)),
    qcomp: number(0, 1),
    "rc-lookahead": whole(0, 60),
    ref: whole(1, 8),
    subme: whole(0, 10),
    trellis: whole(0, 2),
    weightp: whole(0, 2),
  },
  h265: {
    ...X26X,
    tune: oneOf("grain", "animation", "fastdecode", "psnr", "ssim"),
    amp: ON_OFF,
    "aq-mode": whole(0, 4),
    "b-intra": ON_OFF,
    cbqpoffs: whole(-12, 12),
    crqpoffs: whole(-12, 12),
    cutree: ON_OFF,
    "early-skip": ON_OFF,
    "limit-sao": ON_OFF,
    "max-merge": whole(1, 5),
    me: oneOf("dia", "hex", "umh", "star"),
    "nr-inter": whole(0, 2000),
    "nr-intra": whole(0, 2000),
    "psy-rd": number(0, 5),
    "psy-rdoq": number(0, 50),
    qcomp: number(0.5, 1),
    "rc-lookahead": whole(10, 60),
    rd: whole(1, 6),
    "rdoq-level": whole(0, 2),
    rect: ON_OFF,
    ref: whole(1, 6),
    sao: ON_OFF,
    "strong-intra-smoothing": ON_OFF,
    subme: whole(0, 7),
    "tu-inter-depth": whole(1, 4),
    "tu-intra-depth": whole(1, 4),
    weightp: ON_OFF,
  },
  av1: {
    preset: whole(4, 12),
    tune: whole(0, 1),
    "enable-cdef": ON_OFF,
    "enable-overlays": ON_OFF,
    "enable-qm": ON_OFF,
    "enable-restoration": ON_OFF,
    "enable-tf": ON_OFF,
    "fast-decode": ON_OFF,
    "film-grain": whole(0, 50),
    "film-grain-denoise": ON_OFF,
    "qm-max": whole(0, 15),
    "qm-min": whole(0, 15),
    scm: whole(0, 2),
  },
  vp9: {
    "cpu-used": whole(0, 5),
    "aq-mode": whole(0, 4),
    "arnr-maxframes": whole(0, 15),
    "arnr-strength": whole(0, 6),
    "auto-alt-ref": whole(0, 6),
    "enable-tpl": ON_OFF,
    "frame-parallel": ON_OFF,
    "lag-in-frames": whole(0, 25),
    "noise-sensitivity": whole(0, 4),
    sharpness: whole(0, 7),
    "static-thresh": whole(0, 1000),
    "tile-columns": whole(0, 4),
    "tile-rows": whole(0, 2),
    "tune-content": oneOf("default", "screen", "film"),
  },
  mpeg2: {
    dc: whole(8, 10),
    intra_vlc: ON_OFF,
    mbd: oneOf("simple", "bits", "rd"),
    trellis: whole(0, 1),
  },
  mjpeg: {},
  gif: {},
  awebp: {},
  webp: {},
  avif: {},
  png: {},
};

/** What sets, in its place, an option that callers may know of their encoder. */
const SET_BY: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["g", "keyint", "min-keyint", "keyint_min", "irefresh-period", "kf-max-dist"].map((name) => [
      name,
      "gop_size sets it",
    ]),
  ),
  ...Object.fromEntries(["bf", "bframes"].map((name) => [name, "b_frame_size sets it"])),
  ...Object.fromEntries(["crf", "qp", "q", "cq-level"].map((name) => [name, "quality sets it"])),
  ...Object.fromEntries(
    ["b", "bitrate", "tbr", "maxrate", "bufsize", "vbv-maxrate", "vbv-bufsize"].map((name) => [
      name,
      "bitrate and rc_mode set it",
    ]),
  ),
  ...Object.fromEntries(["pass", "stats"].map((name) => [name, "rc_mode sets it"])),
  ...Object.fromEntries(
    ["scenecut", "sc_threshold", "open-gop", "scd"].map((name) => [
      name,
      "key frames stand at even distances here",
    ]),
  ),
  ...Object.fromEntries(
    ["threads", "pools", "frame-threads", "sliced-threads", "lp", "row-mt", "numa-pools"].map(
      (name) => [name, "the service shares out the cores"],
    ),
  ),
  ...Object.fromEntries(
    ["profile", "level", "level-idc", "fps", "sar", "interlaced"].map((name) => [
      name,
      "it follows from the picture",
    ]),
  ),
};

/** Keys whose text holds options of the same encoder: `aq-mode=3:psy-rd=1.0,0.15`. */
const BUNDLES: Readonly<Partial<Record<VideoCodec, string>>> = {
  h264: "x264-params",
  h265: "x265-params",
  av1: "svtav1-params",
};

/** What SVT-AV1 takes for `qm-min` by itself. It does not begin with a `qm-max` below it. */
const QM_MIN_USUAL = 8;

/** The fields of a parameter group that this file is about. */
export type EncoderOptionsQlty = {
  readonly encoder_options?: Readonly<Record<string, string | number | boolean>> | undefined;
};

/** What else a group asks for that its encoder's options may contradict. */
export type BesideOptions = {
  readonly preset?: string | undefined;
  readonly low_latency?: boolean | undefined;
};

/**
 * Reads the encoder's options of a group as data: each by its name, with a value of its own kind. Nothing else reaches ffmpeg.
 *
 * @param faults - gets the fields that cannot be: those that are unknown, that the service relies on, or whose value is none of theirs
 */
export function encoderWishes(
  { encoder_options, ...beside }: EncoderOptionsQlty & BesideOptions,
  codec: VideoCodec,
  faults: FieldError[],
): EncoderWishes {
  if (encoder_options === undefined) return {};
  const options: Record<string, string> = {};
  const given = unbundled(encoder_options, codec);
  for (const { path, key, value } of given) {
    const message = faultOf(codec, key, value, beside);
    if (message !== undefined) faults.push({ path, message });
    else if (Object.hasOwn(options, key)) faults.push({ path, message: "is given twice" });
    else options[key] = value;
  }
  const most = given.find(({ key }) => key === "qm-max");
  if (most && Number(options[most.key]) < Number(options["qm-min"] ?? QM_MIN_USUAL))
    faults.push({ path: most.path, message: `must be at least qm-min, or ${QM_MIN_USUAL}` });
  return Object.keys(options).length === 0 ? {} : { encoderOptions: options };
}

/** Refuses the field where no video is encoded. */
export function refuseEncoderOptions(
  { encoder_options }: EncoderOptionsQlty,
  faults: FieldError[],
): void {
  if (encoder_options !== undefined)
    faults.push({ path: "encoder_options", message: "are for a video that is encoded" });
}

type Given = { readonly path: string; readonly key: string; readonly value: string };

function unbundled(
  given: Readonly<Record<string, string | number | boolean>>,
  codec: VideoCodec,
): readonly Given[] {
  return Object.entries(given).flatMap(([name, value]): readonly Given[] => {
    const path = `encoder_options.${name}`;
    if (name !== BUNDLES[codec]) return [{ path, key: name, value: textOf(value) }];
    return String(value)
      .split(":")
      .map((part) => {
        const [key = "", ...rest] = part.split("=");
        return { path: `${path}.${key}`, key, value: rest.join("=") };
      });
  });
}

/** A colon would end the option where several are told at once; all encoders take a comma in its place. */
const textOf = (value: string | number | boolean): string =>
  typeof value === "boolean" ? String(Number(value)) : String(value).replaceAll(":", ",");

function faultOf(
  codec: VideoCodec,
  key: string,
  value: string,
  { preset, low_latency }: BesideOptions,
): string | undefined {
  const known = ALLOWED[codec];
  const rule = Object.hasOwn(known, key) ? known[key] : undefined;
  if (!rule) return unknownFault(codec, key, Object.keys(known));
  if (!rule.takes(value)) return `must be ${rule.says}`;
  if (preset !== undefined && (key === "preset" || key === "cpu-used"))
    return "cannot go with the group's own preset";
  if (low_latency && key === "tune") return "cannot go with low_latency";
  return undefined;
}

function unknownFault(codec: VideoCodec, key: string, known: readonly string[]): string {
  const why = Object.hasOwn(SET_BY, key) ? `: ${SET_BY[key]}` : "";
  const bundle = BUNDLES[codec];
  const all = [...known.toSorted(), ...(bundle === undefined ? [] : [bundle])];
  return all.length === 0
    ? `cannot be set: the encoder of ${codec} has no options here`
    : `cannot be set${why}; allowed for ${codec} are ${all.join(", ")}`;
}

/** The same field, as answers have it; the group's `preset` is left out where the options say it. */
export function toEncoderOptionsQlty({ encoderOptions }: EncoderWishes) {
  if (!encoderOptions) return {};
  const saysEffort = "preset" in encoderOptions || "cpu-used" in encoderOptions;
  return { encoder_options: encoderOptions, ...(saysEffort && { preset: undefined }) };
}
