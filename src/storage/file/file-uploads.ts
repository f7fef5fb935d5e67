import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Upload, UploadedSoFar } from "../../disk/media-files.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { TaskError } from "../../task/errors.ts";
import { tagStemOf } from "../../task/leftovers.ts";
import { quoteAddress } from "../addresses.ts";
import { FILE_MODE, openToOthers } from "./file-modes.ts";
import { discard, partName, syncFolder, tagOfPart } from "./file-part.ts";
import type { PinnedFolder } from "./pinned-folder.ts";

/** Written between two looks at the room on the disk, each with a flush: the last flush has little left to do. */
const LOOK_BYTES = 32 << 20;
const APPEND = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL;
/** `STEM-1-up-CLIENT-TOTAL`: the stem and the number are those of what is cleared up when nobody goes on with it. */
const UPLOAD = /^([0-9a-f]{12})-1-up-([0-9a-f]{16})-([0-9a-z]+)$/;

/** What an upload has of its file: a part of it, beside the place where it will be. */
type Part = { readonly name: string; readonly sizeBytes: number; readonly totalBytes: number };

/** Where a file is uploaded to: its name, in its folder, which is held open. */
export type UploadPlace = { readonly folder: PinnedFolder; readonly name: string };

/** A piece, and the room on the disk it goes to. */
type Piece = Omit<Upload, "roomBytes"> & { readonly roomBytes: () => Promise<number> };

/** Clients are told apart by a digest, as their codes may hold any character. */
const clientMark = (clientCode: string): string =>
  createHash("sha256").update(clientCode).digest("hex").slice(0, 16);

/** The unfinished upload of a client to a place; undefined if there is none. The first piece of another one removes it. */
export async function unfinished(
  { folder, name }: UploadPlace,
  clientCode: string,
): Promise<Part | undefined> {
  const [part] = await partsOf({ folder, name }, clientCode);
  return part;
}

async function partsOf({ folder, name }: UploadPlace, clientCode: string): Promise<Part[]> {
  const mark = clientMark(clientCode);
  const parts: Part[] = [];
  for (const found of await readdir(folder.path)) {
    const [, , client, total = ""] = UPLOAD.exec(tagOfPart(found, name) ?? "") ?? [];
    if (client !== mark) continue;
    const info = await stat(join(folder.path, found)).catch(() => undefined);
    if (info?.isFile())
      parts.push({ name: found, sizeBytes: info.size, totalBytes: Number.parseInt(total, 36) });
  }
  return parts;
}

/**
 * Takes a piece of a file in, and puts the file in its place in one step once it is whole. What came of a piece that breaks off stays,
 * unless the piece has a digest that it would have to be held against.
 *
 * @param umask - as `openToOthers` has it
 * @throws {TaskError} `upload_conflict`, `no_room`, `invalid_parameter`; the system's error
 */
export async function takePiece(
  place: UploadPlace,
  upload: Piece,
  umask: number | undefined,
): Promise<UploadedSoFar> {
  const part = await begin(place, upload);
  const path = join(place.folder.path, part.name);
  const handle = await open(path, APPEND).catch((error: unknown) => {
    throw errnoOf(error) === "ENOENT" ? conflict(upload, 0) : error;
  });
  try {
    const offset = await append(handle, upload);
    const isComplete = offset === upload.totalBytes;
    if (isComplete) await openToOthers(handle, FILE_MODE, umask);
    await handle.sync();
    if (isComplete) {
      await place.folder.confirm();
      await rename(path, join(place.folder.path, place.name));
      await syncFolder(place.folder.path);
    }
    return { offset, totalBytes: upload.totalBytes, isComplete };
  } finally {
    await handle.close();
  }
}

/** The part that a piece goes on with; for the first piece it is made, in the place of what was there of another upload. */
async function begin(place: UploadPlace, upload: Piece): Promise<Part> {
  const { startByte, totalBytes, clientCode } = upload;
  const parts = await partsOf(place, clientCode);
  if (startByte > 0) {
    const [part] = parts;
    if (part?.sizeBytes !== startByte || part.totalBytes !== totalBytes)
      throw conflict(upload, part?.sizeBytes ?? 0);
    return part;
  }
  for (const { name } of parts) await discard(join(place.folder.path, name));
  const id = randomUUID();
  // Noted first: what is made is cleared up, whatever ends this process.
  await upload.onBegin(id);
  const tag = `${tagStemOf(id)}-1-up-${clientMark(clientCode)}-${totalBytes.toString(36)}`;
  const name = partName(place.name, tag);
  const handle = await open(join(place.folder.path, name), CREATE, FILE_MODE);
  await handle.close();
  return { name, sizeBytes: 0, totalBytes };
}

/** Writes a piece behind what is there. @returns how much is there then */
async function append(handle: FileHandle, upload: Piece): Promise<number> {
  const { startByte, bytes, sha256, signal, roomBytes } = upload;
  const digest = sha256 === undefined ? undefined : createHash("sha256");
  let at = startByte;
  let lookAt = startByte;
  try {
    for await (const chunk of untilAborted(bytes, signal)) {
      if (at + chunk.byteLength > upload.endByte)
        throw wrong(upload, "its body is longer than it says");
      if (at >= lookAt) {
        if (at > startByte) await handle.datasync();
        if ((await roomBytes()) < Math.min(LOOK_BYTES, upload.endByte - at)) throw noRoom(upload);
        lookAt = at + LOOK_BYTES;
      }
      digest?.update(chunk);
      for (let done = 0; done < chunk.byteLength; ) {
        const left = chunk.byteLength - done;
        const { bytesWritten } = await handle.write(chunk, done, left, at + done);
        done += bytesWritten;
      }
      at += chunk.byteLength;
    }
    if (at < upload.endByte) throw wrong(upload, "its body ended before it was complete");
    if (digest && digest.digest("hex") !== sha256)
      throw wrong(upload, "its Content-Digest is that of another body");
    return at;
  } catch (error) {
    // Nobody knows whether what came is right.
    if (digest) await handle.truncate(startByte);
    throw error;
  }
}

/** The same bytes. The signal ends them at once, also while none come. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const reader = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // Not waited for: it would wait for the bytes that do not come.
    void reader.return?.().catch(() => {});
  }
}

const conflict = ({ url, startByte }: Piece, offset: number): TaskError =>
  new TaskError(
    "upload_conflict",
    `Cannot write ${quoteAddress(url)} from byte ${startByte} on: its upload is at byte ${offset}`,
  );

const wrong = ({ url }: Piece, state: string): TaskError =>
  new TaskError("invalid_parameter", `Cannot write ${quoteAddress(url)}: ${state}`);

const noRoom = ({ url }: Piece): TaskError =>
  new TaskError("no_room", `Cannot write ${quoteAddress(url)}: the disk is full`);
