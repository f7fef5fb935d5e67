import type { FieldError } from "../../task/errors.ts";
import { isPageCodec, isRateless, type VideoCodec } from "../codecs.ts";
import { isSet } from "../container-rules.ts";
import type { Container } from "../containers.ts";

/** The smallest `quality`. */
export const QUALITY_MIN = 1;
/** The largest `quality`. */
export const QUALITY_MAX = 100;

/** How close a picture comes to what it was made of is measured as one of these. */
export const METRICS = ["ssim", "xpsnr", "vmaf"] as const;

/** One of `METRICS`. */
export type Metric = (typeof METRICS)[number];

/** What a metric can be asked for: more than a spoilt picture has, and less than only an equal one does. */
const RANGES: Readonly<Record<Metric, readonly [min: number, max: number]>> = {
  ssim: [0.5, 0.999],
  xpsnr: [20, 60],
  vmaf: [20, 99],
};

/** The least that an output is to come to. */
export type QualityTarget = { readonly metric: Metric; readonly min: number };

/** The fields of a parameter group that ask for a quality, or for its measure. */
export type QualityQlty = {
  readonly quality?: number | undefined;
  readonly quality_target?: QualityTarget | undefined;
  readonly measure_quality?: boolean | undefined;
  readonly skip_if_larger?: boolean | undefined;
};

/** How good an encoded video is to be. */
export type QualityWishes = {
  /** 1 to 100, of every codec alike; present exactly where the rate mode is `quality`. */
  readonly quality?: number;
  /** Measured; what comes to less is encoded once more. */
  readonly qualityTarget?: QualityTarget;
  /** Measured and told. */
  readonly measuresQuality?: true;
  /** If the output is larger than the source, the source's picture is copied in its place. */
  readonly skipsLarger?: true;
};

/** What else of a group its quality depends on. */
export type BesideQuality = {
  readonly container: Container;
  readonly rc_mode?: string | undefined;
  readonly bitrate?: number | undefined;
  readonly crop?: object | undefined;
  readonly denoise?: string | undefined;
  readonly watermark?: object | undefined;
};

/** Reads what a group says of quality. @param faults - gets the fields that cannot be together */
export function qualityWishes(
  qlty: QualityQlty & BesideQuality,
  codec: VideoCodec,
  faults: FieldError[],
): QualityWishes {
  const { quality, quality_target: target, rc_mode, bitrate, container } = qlty;
  const fault = (path: string, message: string) => faults.push({ path, message });
  const isByQuality = rc_mode === "quality";
  if (!isByQuality && quality !== undefined) fault("quality", "is for rc_mode quality alone");
  if (isByQuality && quality === undefined) fault("quality", "is required with rc_mode quality");
  if (isByQuality && isRateless(codec))
    fault("rc_mode", `cannot be quality for ${codec}: it has none`);
  if (isByQuality && isPageCodec(codec) && bitrate !== undefined)
    fault("bitrate", "cannot go with rc_mode quality for pictures");
  pictureFaults(qlty, codec, fault);
  if (target) targetFault(target, isByQuality, fault);
  if (qlty.skip_if_larger && isSet(container))
    fault("skip_if_larger", "is for files: the segments of a set begin at its own key frames");
  for (const path of ["crop", "denoise"] as const)
    if (qlty.skip_if_larger && qlty[path])
      fault("skip_if_larger", `cannot go with ${path}: the source's picture is without it`);
  if (qlty.watermark)
    for (const path of FILM_FIELDS)
      if (qlty[path]) fault(path, "cannot go with watermark: the source's picture is without it");
  if (isPageCodec(codec) || isRateless(codec))
    for (const path of FILM_FIELDS) if (qlty[path]) fault(path, "is for films, not for a picture");
  return {
    ...(isByQuality && quality !== undefined && { quality }),
    ...(target && { qualityTarget: target }),
    ...(qlty.measure_quality && { measuresQuality: true }),
    ...(qlty.skip_if_larger && { skipsLarger: true }),
  };
}

/** Modes that say how the rate of a film changes. */
const FILM_MODES: readonly (string | undefined)[] = ["vbr", "2passvbr"];

/** Refuses what a picture, or one that moves, would not show. A `jpg` takes all modes, as it has from the beginning, and as the Profile API has it. */
function pictureFaults(
  { rc_mode, bitrate }: BesideQuality,
  codec: VideoCodec,
  fault: (path: string, message: string) => void,
): void {
  const isOfModes = codec !== "mjpeg" && (isPageCodec(codec) || isRateless(codec));
  if (isOfModes && FILM_MODES.includes(rc_mode))
    fault("rc_mode", `cannot be ${rc_mode} for ${codec}: its rate is the same in all modes`);
  if (codec === "png" && bitrate !== undefined)
    fault("bitrate", "is not for png, which loses nothing");
}

const FILM_FIELDS = ["quality_target", "measure_quality", "skip_if_larger"] as const;

function targetFault(
  { metric, min }: QualityTarget,
  isByQuality: boolean,
  fault: (path: string, message: string) => void,
): void {
  if (!isByQuality)
    fault(
      "quality_target",
      "is for rc_mode quality alone: elsewhere the bitrate is what is asked for",
    );
  const [least, most] = RANGES[metric];
  if (min < least || min > most)
    fault("quality_target.min", `must be from ${least} to ${most} for ${metric}`);
}

/** Refuses the fields where no video is encoded. */
export function refuseQuality(qlty: QualityQlty, faults: FieldError[]): void {
  for (const path of ["quality", ...FILM_FIELDS] as const)
    if (qlty[path] !== undefined) faults.push({ path, message: "is for a video that is encoded" });
}

/** The same fields, as answers have them. */
export const toQualityQlty = (wishes: QualityWishes): QualityQlty => ({
  ...(wishes.quality !== undefined && { quality: wishes.quality }),
  ...(wishes.qualityTarget && { quality_target: wishes.qualityTarget }),
  ...(wishes.measuresQuality && { measure_quality: true }),
  ...(wishes.skipsLarger && { skip_if_larger: true }),
});
