import { basename, dirname, join } from "node:path";
import type {
  MediaFacts,
  MediaFiles,
  OpenedMedia,
  Upload,
  UploadedSoFar,
} from "../../disk/media-files.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import { contentType } from "../content.ts";
import { targetError } from "./file-errors.ts";
import { refuseOccupied } from "./file-occupied.ts";
import { isMissing } from "./file-sweep.ts";
import { takePiece, type UploadPlace, unfinished } from "./file-uploads.ts";
import { type OpenedFile, openPinned, readOpened } from "./pinned-source.ts";

/** One read: large enough that the calls cost nothing, small in memory. */
const CHUNK_BYTES = 256 << 10;

/** What the media of a client need of the storage of files. */
export type MediaGround = {
  /** The real path of an address that may be read or written. @throws {TaskError} as `Storage.source` and `Storage.target` */
  readonly judge: (url: string, side: "source" | "target") => Promise<string>;
  /** Runs an action in a folder that is held open meanwhile. @param isMade - whether it is made where it is missing */
  readonly inFolder: <T>(
    folder: string,
    url: string,
    isMade: boolean,
    action: (folder: UploadPlace["folder"]) => Promise<T>,
  ) => Promise<T>;
  readonly umask: number | undefined;
};

/** Calls that write to one place: a newer one ends an older one, whose caller has gone without a word. */
const writing = new Map<string, { readonly end: AbortController; readonly done: Promise<void> }>();

/** The files of a client, put in and read out by calls. */
export class FileMedia implements Omit<MediaFiles, "writable" | "readable"> {
  readonly #ground: MediaGround;

  constructor(ground: MediaGround) {
    this.#ground = ground;
  }

  async upload(upload: Upload): Promise<UploadedSoFar> {
    const { url } = upload;
    const path = await this.#ground.judge(url, "target");
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, upload.signal]);
    return alone(`${upload.clientCode} ${path}`, end, async () => {
      try {
        return await this.#ground.inFolder(dirname(path), url, true, async (folder) => {
          await refuseOccupied(join(folder.path, basename(path)), url);
          const place = { folder, name: basename(path) };
          const conditions = {
            ...upload,
            signal,
            roomBytes: () => upload.roomBytes(dirname(path)),
          };
          return takePiece(place, conditions, this.#ground.umask);
        });
      } catch (error) {
        throw uploadError(error, url);
      }
    });
  }

  async uploaded(url: string, clientCode: string): Promise<UploadedSoFar | undefined> {
    const path = await this.#ground.judge(url, "target");
    try {
      return await this.#ground.inFolder(dirname(path), url, false, async (folder) => {
        const part = await unfinished({ folder, name: basename(path) }, clientCode);
        return part && { offset: part.sizeBytes, totalBytes: part.totalBytes, isComplete: false };
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw uploadError(error, url);
    }
  }

  async open(url: string): Promise<OpenedMedia> {
    const path = await this.#ground.judge(url, "source");
    const opened = await openOr404(path, url);
    return {
      ...factsOf(path, opened),
      read: (from, to) => chunksOf(opened, from, to),
      close: opened.close,
    };
  }
}

/** Runs the one call that writes to a place: another one that does is ended first. */
async function alone<T>(key: string, end: AbortController, action: () => Promise<T>): Promise<T> {
  for (let other = writing.get(key); other; other = writing.get(key)) {
    other.end.abort(new TaskError("upload_conflict", "Cannot go on: a newer call writes there"));
    await other.done;
  }
  const { promise: done, resolve } = Promise.withResolvers<void>();
  writing.set(key, { end, done });
  try {
    return await action();
  } finally {
    writing.delete(key);
    resolve();
  }
}

function factsOf(path: string, { info }: OpenedFile): MediaFacts {
  const { size, mtimeMs, ino } = info;
  const version = [ino, size, Math.round(mtimeMs * 1000)].map((each) => each.toString(36));
  return {
    sizeBytes: size,
    modifiedMs: mtimeMs,
    tag: version.join("-"),
    mediaType: contentType(basename(path)),
  };
}

async function* chunksOf(
  opened: OpenedFile,
  fromByte: number,
  toByte: number,
): AsyncIterable<Uint8Array> {
  for (let at = fromByte; at < toByte; ) {
    // A fresh one each time: the last may still be on its way.
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, toByte - at));
    const bytesRead = await readOpened(opened, buffer, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const missing = (url: string): TaskError =>
  new TaskError("no_such_media", `Cannot read ${quoteAddress(url)}: there is no such file`);

/** What is no file is not there for callers. */
async function openOr404(path: string, url: string): Promise<OpenedFile> {
  try {
    return await openPinned(path, url);
  } catch (error) {
    if (error instanceof TaskError && error.code !== "source_missing") throw error;
    const isAway = ["EACCES", "EPERM", "ELOOP", "ENXIO"].includes(errnoOf(error) ?? "");
    if (error instanceof TaskError || isMissing(error) || isAway) throw missing(url);
    throw error;
  }
}

/** What a caller is told of a place that cannot be written. */
function uploadError(error: unknown, url: string): TaskError {
  const told = targetError(error, url);
  if (told.code === "target_full") return new TaskError("no_room", told.message, { cause: error });
  if (told.code === "target_unwritable")
    return new TaskError("access_denied", told.message, { cause: error });
  return told;
}
