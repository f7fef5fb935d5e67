import type { StreamedEngine } from "../../engine/engine.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { SourceReader } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { SourceRun } from "../run.ts";
import { withFile } from "./source-bytes.ts";
import { withLack } from "./told-size.ts";
import { placeOfSound, soundOf, writeSound } from "./trim-audio.ts";

/** A source as a file on this machine that holds its media itself, and what is in it. */
export type SourceFile = { readonly path: string; readonly media: MediaInfo };

/**
 * Probes a source, and looks where ffprobe does not: at what is no sound around that of an MP3, and at what is missing by the
 * source's own word.
 *
 * @param folder - the attempt's own work folder: the sound of an MP3 goes there where there is junk around it
 * @param isSound - whether it is called MPEG audio (`isGivenAsSound`)
 * @throws {TaskError} what probing threw
 */
export async function probeSource(
  path: string,
  { engine, signal }: Pick<SourceRun, "engine" | "signal">,
  folder: string,
  isSound = false,
): Promise<SourceFile> {
  const probe = (of: string) => engine.probe({ path: of, side: "source" }, signal);
  const found = await probeOrSearch(() => probe(path), isSound);
  return withFile(path, async (source) => {
    const place = mayHaveJunk(found) ? await placeOfSound(source) : undefined;
    if (!place) return { path, media: await withLack(mediaIn(found), source) };
    const trimmed = await writeSound(path, place, folder, signal);
    const sound = withJunk(await probe(trimmed), place.junkBytes);
    return { path: trimmed, media: await withLack(sound, soundOf(source, place)) };
  });
}

/** The same of a source that is read where it lies. */
export async function probeStreamed(
  source: SourceReader,
  engine: StreamedEngine,
  signal: AbortSignal,
  isSound: boolean,
): Promise<{ readonly source: SourceReader; readonly media: MediaInfo }> {
  const probe = (of: Pick<SourceReader, "sizeBytes" | "read" | "extension">) =>
    engine.probe({ source: of, extension: of.extension, side: "source" }, signal);
  const found = await probeOrSearch(() => probe(source), isSound);
  const place = mayHaveJunk(found) ? await placeOfSound(source) : undefined;
  if (!place) return { source, media: await withLack(mediaIn(found), source) };
  const sound = { ...soundOf(source, place), extension: ".mp3", close: () => source.close() };
  return {
    source: sound,
    media: await withLack(withJunk(await probe(sound), place.junkBytes), sound),
  };
}

/** What a probe found, or why it found nothing, where sound may be behind that. */
type Found = MediaInfo | TaskError;

async function probeOrSearch(probe: () => Promise<MediaInfo>, isSound: boolean): Promise<Found> {
  try {
    return await probe();
  } catch (error) {
    if (isSound && error instanceof TaskError && error.code === "source_not_media") return error;
    throw error;
  }
}

const mayHaveJunk = (found: Found): boolean =>
  found instanceof TaskError || demuxerOf(found.format) === "mp3";

function mediaIn(found: Found): MediaInfo {
  if (found instanceof TaskError) throw found;
  return found;
}

const withJunk = (media: MediaInfo, junkBytes: number): MediaInfo =>
  junkBytes === 0 ? media : { ...media, junkBytes };
