import type { StreamedEngine } from "../../engine/engine.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { SourceIdentity } from "../../slices/slices.ts";
import type { SourceReader } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { SourceRun } from "../run.ts";
import { withFile } from "./source-bytes.ts";
import { withLack } from "./told-size.ts";
import { audioOf, placeOfAudio, writeAudio } from "./trim-audio.ts";

/** A source as one media file on this machine, and its probed media. */
export type SourceFile = {
  readonly path: string;
  readonly media: MediaInfo;
  /** Present if others can read the same file at the source's address, and tell that it is the same. */
  readonly identity?: SourceIdentity;
  /** Present if a later run on this machine can tell that it reads the same. */
  readonly own?: SourceIdentity;
};

/**
 * Probes a source, and finds what ffprobe does not: junk around the audio of an MP3, and how much is missing by the source's own
 * header.
 *
 * @param folder - the attempt's own work folder, which gets the audio of an MP3 that has junk around it
 * @param isAudio - whether the source is named as MPEG audio (`isGivenAsAudio`)
 * @throws {TaskError} what probing threw
 */
export async function probeSource(
  path: string,
  { engine, signal }: Pick<SourceRun, "engine" | "signal">,
  folder: string,
  isAudio = false,
): Promise<SourceFile> {
  const probe = (of: string) => engine.probe({ path: of, side: "source" }, signal);
  const found = await probeOrSearch(() => probe(path), isAudio);
  return withFile(path, async (source) => {
    const place = mayHaveJunk(found) ? await placeOfAudio(source) : undefined;
    if (!place) return { path, media: await withLack(mediaIn(found), source) };
    const trimmed = await writeAudio(path, place, folder, signal);
    const audio = withJunk(await probe(trimmed), place.junkBytes);
    return { path: trimmed, media: await withLack(audio, audioOf(source, place)) };
  });
}

/** The same for a source that is read in place. */
export async function probeStreamed(
  source: SourceReader,
  engine: StreamedEngine,
  signal: AbortSignal,
  isAudio: boolean,
): Promise<{ readonly source: SourceReader; readonly media: MediaInfo }> {
  const probe = (of: Pick<SourceReader, "sizeBytes" | "read" | "extension">) =>
    engine.probe({ source: of, extension: of.extension, side: "source" }, signal);
  const found = await probeOrSearch(() => probe(source), isAudio);
  const place = mayHaveJunk(found) ? await placeOfAudio(source) : undefined;
  if (!place) return { source, media: await withLack(mediaIn(found), source) };
  const audio = { ...audioOf(source, place), extension: ".mp3", close: () => source.close() };
  return {
    source: audio,
    media: await withLack(withJunk(await probe(audio), place.junkBytes), audio),
  };
}

/** What a probe found, or its error if the file may still hold audio behind junk. */
type Found = MediaInfo | TaskError;

async function probeOrSearch(probe: () => Promise<MediaInfo>, isAudio: boolean): Promise<Found> {
  try {
    return await probe();
  } catch (error) {
    if (isAudio && error instanceof TaskError && error.code === "source_not_media") return error;
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
