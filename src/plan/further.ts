import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import { renditionsOf } from "../profile/assign.ts";
import type { Assignment } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Extras, SubtitleSource } from "../task/task.ts";
import { quotedAddress } from "../task/tell-failure.ts";

/** What an input beside the source is: a picture, a file of subtitles, or another source. */
export type FurtherKind = "picture" | "subtitles" | "source";

/** An address that a task reads beside its source. */
export type FurtherInput = {
  readonly kind: FurtherKind;
  readonly url: string;
  /** What errors call it: `the watermark`, `sources[1]`. */
  readonly name: string;
  /** The field of the request that it came from. */
  readonly path: string;
  /** Only of subtitles: what the task says of them. */
  readonly told?: Omit<SubtitleSource, "url">;
};

/** An input beside the source as a plan is made for it. */
export type FurtherFile = Pick<FurtherInput, "kind" | "name" | "url" | "told"> & {
  /** Its name in the work folder. */
  readonly file: string;
  readonly media: MediaInfo;
  /** Only of subtitles: how their characters seem to be written, if neither the file nor the task says it. */
  readonly guessedCharset?: string;
};

/** How much each may have: far more than any picture or text that is meant for it. Sources have their own limit. */
const BYTES_MAX: Readonly<Partial<Record<FurtherKind, number>>> = {
  picture: 32 << 20,
  subtitles: 16 << 20,
};

/** What a request names of inputs beside its source. */
export type NamingRequest = {
  readonly assignments: readonly Assignment[];
  readonly extras?: Extras | undefined;
  /** Those of the task: whether any has a profile of its own. */
  readonly targets?: readonly { readonly profileName?: string | undefined }[];
};

/** What errors call a watermark. */
const WATERMARK = "the watermark";

/** The pictures that are laid over others, each address once. */
function watermarksOf({ assignments, targets }: NamingRequest): readonly FurtherInput[] {
  const pathOf = (assignment: Assignment): string => {
    const own = assignment.targets.find((at) => targets?.[at]?.profileName !== undefined);
    return own === undefined ? "profile_name" : `targets[${own}].profile_name`;
  };
  const paths = new Map<string, string>();
  for (const assignment of assignments)
    for (const { video } of renditionsOf([assignment])) {
      const watermark = typeof video === "object" ? video.watermark : undefined;
      if (watermark && !paths.has(watermark.imageUrl))
        paths.set(watermark.imageUrl, pathOf(assignment));
    }
  return [...paths].map(([url, path]) => ({ kind: "picture", url, name: WATERMARK, path }));
}

/** The inputs that a task reads beside its source, in the order of their files. */
export const furtherInputsOf = (request: NamingRequest): readonly FurtherInput[] => [
  ...(request.extras?.sources ?? []).slice(1).map(({ url }, at) => ({
    ...{ kind: "source" as const, url },
    ...{ name: `sources[${at + 1}]`, path: `sources[${at + 1}].source_url` },
  })),
  ...watermarksOf(request),
  ...(request.extras?.subtitles ?? []).map(({ url, ...told }, at) => ({
    ...{ kind: "subtitles" as const, url, told },
    ...{ name: `subtitles[${at}]`, path: `subtitles[${at}].source_url` },
  })),
];

/** The name in the work folder of the input at a place among those beside the source. */
export const furtherFileAt = (at: number): string => `side-${at}`;

/**
 * The number that ffmpeg gives to an input beside the source, in a run that reads any of them: such a run reads all, behind the source.
 *
 * @param file - its name in the work folder
 */
export function inputNumberOf(files: readonly Pick<FurtherFile, "file">[], file: string): number {
  const at = files.findIndex((one) => one.file === file);
  if (at < 0) throw new RangeError(`there is no input ${file}`);
  return at + 1;
}

/** Guards for an input beside the source, whose own ones hold for it alone. */
export const furtherGuards = ({ format }: MediaInfo): readonly string[] => [
  ...["-protocol_whitelist", "file", "-format_whitelist", demuxerOf(format)],
];

/** The arguments that read all inputs beside the source. What a probe chose is pinned, and nothing else is opened. */
export const furtherArgs = (files: readonly FurtherFile[]): readonly string[] =>
  files.flatMap(({ file, media }) => [
    ...furtherGuards(media),
    ...["-f", demuxerOf(media.format), "-i", file],
  ]);

/** Each of them is an input of a run of ffmpeg. */
const PICTURES_MAX = 32;

/** Why a task cannot read so many inputs beside its source; undefined if it can. */
export function furtherFault(inputs: readonly Pick<FurtherInput, "kind">[]): string | undefined {
  const pictures = inputs.filter(({ kind }) => kind === "picture").length;
  return pictures > PICTURES_MAX
    ? `its profiles have ${pictures} watermarks, more than ${PICTURES_MAX}`
    : undefined;
}

/** How many pixels a watermark may have: it is held whole, in 16 bits a value, while its task runs. */
const PICTURE_PIXELS_MAX = 16_777_216;

/** Refuses a picture beside the source that has too many pixels. @throws {TaskError} `picture_too_large`, `input_not_supported` */
export function refuseLargePicture({ video }: MediaInfo): void {
  if (!video)
    throw new TaskError("input_not_supported", "Cannot read the source: it is no picture");
  const { width, height } = video;
  if (width * height > PICTURE_PIXELS_MAX)
    throw new TaskError(
      "picture_too_large",
      `Cannot read the source: its picture of ${width}x${height} is above the limit of ${PICTURE_PIXELS_MAX} pixels`,
    );
}

/** How many bytes an input may have; undefined for the limit of sources. */
export const furtherBytesMax = (kind: FurtherKind): number | undefined => BYTES_MAX[kind];

/** Verbs of errors about addresses, up to the state that they tell. The source is not this one, and the address is known by its name. */
const ABOUT_SOURCE =
  /^Cannot (?:read|fetch|copy|use|connect to) (?:the (?:source|address)\b ?)?(?:"(?:[^"\\]|\\.)*")?: /;

/** The same error, which says which input it is about: `Cannot read the watermark at "logo.png": it is a folder`. */
export function aboutInput(error: unknown, { name, url }: Pick<FurtherInput, "name" | "url">) {
  if (!(error instanceof TaskError) || !ABOUT_SOURCE.test(error.message)) return error;
  const about = `Cannot read ${name} at ${quotedAddress(url)}: `;
  const message = error.message.replace(ABOUT_SOURCE, () => about);
  return new TaskError(error.code, message, { cause: error, fields: error.fields });
}

/** An input as a plan tells it. */
export const plannedInput = ({ kind, name, file, media }: FurtherFile) => ({
  ...{ kind, name, file },
  format: demuxerOf(media.format),
});
