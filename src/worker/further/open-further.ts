import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { languageTag } from "../../manifest/write/language.ts";
import { largerThan } from "../../net/transfer-budget.ts";
import {
  aboutInput,
  type FurtherFile,
  type FurtherInput,
  furtherBytesMax,
  furtherFileAt,
  refuseLargePicture,
} from "../../plan/further.ts";
import { PICTURE_HEAD_BYTES, pictureDemuxerOf } from "../../probe/bytes/picture-head.ts";
import { readSubtitleFile } from "../../probe/bytes/subtitle-text.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isDiskless, type SourceReader } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Run, SourceRun } from "../run.ts";
import { openSource } from "../source/open-source.ts";
import type { SourceFile } from "../source/probe-source.ts";
import { withFile } from "../source/source-bytes.ts";

/** An input beside the source as one file on this machine. */
export type OpenedFurther = FurtherFile & {
  /** Absolute. */
  readonly path: string;
};

/** Opens another source than the first, into a folder. */
type OpenAnother = (url: string, run: SourceRun, folder: string) => Promise<SourceFile>;

/** What opening inputs beside the source needs of a run. */
type FurtherRun = SourceRun & Pick<Run, "further">;

/**
 * Opens and probes all that a run reads beside its source, each in a folder of its own in the work folder.
 *
 * @param folder - absolute path of the work folder
 * @param open - opens another source
 * @throws {TaskError} what opening and probing throw, each about its input
 */
export async function openFurther(
  run: FurtherRun,
  folder: string,
  open: OpenAnother = openSource,
): Promise<readonly OpenedFurther[]> {
  const opened: OpenedFurther[] = [];
  // One after the other: the error is then about the first bad one.
  for (const [at, input] of run.further.entries()) {
    const file = furtherFileAt(at);
    const own = join(folder, `${file}-fetched`);
    await mkdir(own, { recursive: true });
    const { kind, name, url, told } = input;
    try {
      const found = await openOne(input, run, own, open);
      opened.push({ kind, name, url, file, ...(told && { told }), ...found });
    } catch (error) {
      throw run.signal.aborted ? error : aboutInput(error, input);
    }
  }
  return opened;
}

/** The paths of inputs by their names, for a run of a step; absent where there are none. */
export const furtherPaths = (
  opened: readonly OpenedFurther[],
): { readonly further?: Readonly<Record<string, string>> } =>
  opened.length === 0
    ? {}
    : { further: Object.fromEntries(opened.map(({ file, path }) => [file, path])) };

async function openOne(
  { kind, url, told }: FurtherInput,
  run: FurtherRun,
  folder: string,
  open: OpenAnother,
): Promise<Pick<OpenedFurther, "path" | "media" | "guessedCharset">> {
  if (kind === "source") return open(url, run, folder);
  const { signal, disk, engine } = run;
  const storage = run.storageOf(url, "source");
  const bytesMax = furtherBytesMax(kind);
  const budget = storage.budget?.(bytesMax);
  const { path, sizeBytes, close } = await storage.open(url, {
    ...{ folder, signal },
    ...(disk && { roomToFetch: disk.roomToFetch }),
    ...(budget && { budget }),
  });
  if (close) run.atEnd(close);
  refuseTooLarge(sizeBytes, bytesMax);
  if (kind === "subtitles") return openSubtitles(path, told, folder, { engine, signal });
  const head = await withFile(path, (source) => source.read(0, PICTURE_HEAD_BYTES));
  const media = await engine.probe({ path, side: "source", as: [pictureOf(head)] }, signal);
  refuseLargePicture(media);
  return { path, media };
}

/** Writes the texts of a file as Unicode into a folder, as ffmpeg reads no other on every engine. */
async function openSubtitles(
  path: string,
  { language, charset }: NonNullable<FurtherInput["told"]> = { language: "und" },
  folder: string,
  { engine, signal }: Pick<FurtherRun, "engine" | "signal">,
): Promise<Pick<OpenedFurther, "path" | "media" | "guessedCharset">> {
  const bytes = await withFile(path, (source) => source.read(0, source.sizeBytes));
  const { format, text, guessed } = readSubtitleFile(bytes, languageTag(language), charset);
  const own = join(folder, "texts");
  await writeFile(own, text);
  const media = await engine.probe({ path: own, side: "source", as: [format] }, signal);
  return { path: own, media, ...(guessed !== undefined && { guessedCharset: guessed }) };
}

function refuseTooLarge(sizeBytes: number, bytesMax: number | undefined): void {
  if (bytesMax !== undefined && sizeBytes > bytesMax) throw largerThan(bytesMax);
}

/** The format of a picture. @throws {TaskError} `input_not_supported` if it is none */
function pictureOf(head: Uint8Array): string {
  const demuxer = pictureDemuxerOf(head);
  if (demuxer !== undefined) return demuxer;
  throw new TaskError(
    "input_not_supported",
    "Cannot read the source: it is no PNG, JPEG or WebP picture",
  );
}

/** An input beside the source that is read in place. */
export type FurtherReader = FurtherFile & { readonly source: SourceReader };

/**
 * Opens and probes all that a run reads beside its source, to read it in place.
 *
 * @throws {TaskError} what opening and probing throw, each about its input; `input_not_supported` if one needs a disk
 */
export async function readFurther(
  run: Pick<Run, "engine" | "storageOf" | "signal" | "further" | "atEnd">,
): Promise<readonly FurtherReader[]> {
  const opened: FurtherReader[] = [];
  for (const [at, input] of run.further.entries()) {
    const { kind, name, url } = input;
    try {
      const found = await readOne(input, run);
      opened.push({ kind, name, url, file: furtherFileAt(at), ...found });
    } catch (error) {
      throw run.signal.aborted ? error : aboutInput(error, input);
    }
  }
  return opened;
}

async function readOne(
  { kind, url }: FurtherInput,
  { engine, storageOf, signal, atEnd }: Pick<Run, "engine" | "storageOf" | "signal" | "atEnd">,
): Promise<{ readonly source: SourceReader; readonly media: MediaInfo }> {
  const storage = storageOf(url, "source");
  if (!isDiskless(storage) || !engine.streamed)
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: its storage needs a disk, and here is none",
    );
  const source = await storage.read(url, signal);
  atEnd(async () => source.close());
  const { extension } = source;
  if (kind === "source") {
    const media = await engine.streamed.probe({ source, extension, side: "source" }, signal);
    return { source, media };
  }
  refuseTooLarge(source.sizeBytes, furtherBytesMax(kind));
  // What takes subtitles needs a disk, and is refused at create where there is none.
  const as = [pictureOf(await source.read(0, PICTURE_HEAD_BYTES))];
  const media = await engine.streamed.probe({ source, extension, side: "source", as }, signal);
  refuseLargePicture(media);
  return { source, media };
}
