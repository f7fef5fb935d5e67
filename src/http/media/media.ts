import { getLogger } from "@logtape/logtape";
import type { Hono } from "hono";
import type { MediaFiles, OpenedMedia } from "../../disk/media-files.ts";
import { once } from "../../lib/once.ts";
import type { Reach } from "../../lib/reach.ts";
import type { OpenStreams } from "../../service/following/open-streams.ts";
import { TaskError } from "../../task/errors.ts";
import type { Answer } from "../answer.ts";
import { toldSha256 } from "../body.ts";
import { CALLS } from "../calls.ts";
import { type EndpointPorts, serving } from "../endpoint.ts";
import { askedSpan, pieceOf, type Span } from "./ranges.ts";

const logger = getLogger(["pontus", "http"]);

/** What the calls on files need. */
export type MediaPorts = {
  /** The files of a client with this reach. */
  readonly of: (reach: Reach | null) => MediaFiles;
  /** Larger files are refused; 0 is any size. */
  readonly sizeBytesMax: number;
  readonly roomBytes: (folder: string) => Promise<number>;
  /** Has what is left of an upload cleared up, should nobody go on with it. @returns what takes that back: nothing is left */
  readonly note: (url: string, id: string) => Promise<() => Promise<void>>;
};

/** What a browser may do with a file of somebody: show it, and nothing else. */
const HARMLESS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
} as const;

/** Serves the calls that put files in and read them out. While bytes go, a call is one of its client's streams. */
export function serveMedia(
  app: Hono,
  ports: EndpointPorts & { readonly media: MediaPorts; readonly streams: OpenStreams },
): void {
  const { media, streams } = ports;
  const on = serving(app, ports, () => import("../routes/media-routes.ts"));

  on(CALLS.readMediaPlaces, "readMediaPlacesRoute", async ({ caller }) => {
    const { writable, readable } = media.of(caller.reach);
    const body = { writable, readable, size_bytes_max: media.sizeBytesMax };
    return { status: 200, body };
  });

  on(CALLS.readMedia, "readMediaRoute", async ({ caller, param, request }) => {
    const files = media.of(caller.reach);
    const url = param("path");
    if (request.method === "HEAD") return head(files, url, caller.clientCode);
    const end = streams.open(caller.clientCode);
    let opened: OpenedMedia | undefined;
    const close = once(async () => {
      end();
      await opened?.close();
    });
    try {
      opened = await files.open(url);
      return await sent({ ...opened, close }, request);
    } catch (error) {
      await close();
      throw error;
    }
  });

  on(CALLS.uploadMedia, "uploadMediaRoute", async ({ caller, param, request, bytes }) => {
    const { fromByte: startByte, toByte: endByte, totalBytes } = pieceOf(request.headers);
    if (media.sizeBytesMax > 0 && totalBytes > media.sizeBytesMax)
      throw new TaskError(
        "request_too_large",
        `Cannot write the file: it is over ${media.sizeBytesMax} bytes`,
      );
    const url = param("path");
    const sha256 = toldSha256(request.headers);
    const { clientCode } = caller;
    const end = streams.open(clientCode);
    let forget: (() => Promise<void>) | undefined;
    const taking = async () =>
      media.of(caller.reach).upload({
        ...{ url, clientCode, startByte, endByte, totalBytes, signal: request.signal },
        ...(sha256 !== undefined && { sha256 }),
        // Some of it was read for the checksum, if that covers it.
        bytes: request.bodyUsed ? one(await bytes()) : (request.body ?? one(new Uint8Array())),
        roomBytes: media.roomBytes,
        onBegin: async (id) => {
          forget = await media.note(url, id);
        },
      });
    const { offset, isComplete } = await taking().finally(end);
    // Most files come in one piece. The file is there, whether or not that can be written down.
    if (isComplete) await forget?.().catch(() => {});
    if (isComplete) logger.info("Client {clientCode} has put in {url}", { clientCode, url });
    const body = { path: url, offset, total: totalBytes, complete: isComplete };
    return { status: isComplete ? 200 : 202, body };
  });
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** How much of a file was put in, and what is there of it. */
async function head(files: MediaFiles, url: string, clientCode: string): Promise<Answer> {
  const upload = await uploadOf(files, url, clientCode);
  const opened = await files.open(url).catch((error: unknown) => {
    if (upload) return undefined;
    throw error;
  });
  await opened?.close();
  const { offset, totalBytes } = upload ?? {
    offset: opened?.sizeBytes ?? 0,
    totalBytes: opened?.sizeBytes ?? 0,
  };
  return {
    status: 200,
    headers: {
      ...(opened && headersOf(opened)),
      ...(opened && { "Content-Length": String(opened.sizeBytes) }),
      "Upload-Offset": String(offset),
      "Upload-Length": String(totalBytes),
      "Upload-Complete": upload ? "?0" : "?1",
    },
  };
}

/** A place that the client may read, and not write, has no upload of it. */
async function uploadOf(files: MediaFiles, url: string, clientCode: string) {
  try {
    return await files.uploaded(url, clientCode);
  } catch (error) {
    if (error instanceof TaskError && error.code === "access_denied") return undefined;
    throw error;
  }
}

const headersOf = ({ mediaType, tag, modifiedMs }: OpenedMedia): Record<string, string> => ({
  ...HARMLESS,
  "Content-Type": mediaType,
  "Accept-Ranges": "bytes",
  ETag: `"${tag}"`,
  "Last-Modified": new Date(modifiedMs).toUTCString(),
});

/** A file, or the part of it that is asked for, unless the caller has it already. */
async function sent(opened: OpenedMedia, { headers: asked }: Request): Promise<Answer> {
  const headers = headersOf(opened);
  const { ETag = "" } = headers;
  const known = asked.get("If-None-Match")?.split(",") ?? [];
  if (known.some((each) => [ETag, `W/${ETag}`, "*"].includes(each.trim()))) {
    await opened.close();
    const { "Content-Type": _, ...rest } = headers;
    return { status: 304, headers: rest };
  }
  // A part of another file would be joined to what the caller has of this one.
  const isSame = (asked.get("If-Range") ?? ETag) === ETag;
  const span = isSame ? askedSpan(asked.get("Range"), opened.sizeBytes) : undefined;
  const { fromByte, toByte } = span ?? { fromByte: 0, toByte: opened.sizeBytes };
  return {
    status: span ? 206 : 200,
    stream: streamOf(opened, { fromByte, toByte }),
    headers: {
      ...headers,
      "Content-Length": String(toByte - fromByte),
      ...(span && { "Content-Range": `bytes ${fromByte}-${toByte - 1}/${opened.sizeBytes}` }),
    },
  };
}

/** The bytes of a file, no faster than they are taken; the file is closed at the end, or when the caller has gone. */
function streamOf(opened: OpenedMedia, { fromByte, toByte }: Span): ReadableStream<Uint8Array> {
  const bytes = opened.read(fromByte, toByte)[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await bytes.next();
          if (!done) return controller.enqueue(value);
          await opened.close();
          controller.close();
        } catch (error) {
          await opened.close();
          throw error;
        }
      },
      cancel: opened.close,
    },
    { highWaterMark: 0 },
  );
}
