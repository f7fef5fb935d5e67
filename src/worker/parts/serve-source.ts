import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SourceReader } from "../../storage/storage.ts";

const LOOPBACK = "127.0.0.1";
/** Of one read; the reader has blocks of as much. */
const PIECE_BYTES = 1 << 20;

/** A source that a program reads by ranges, as much of it as it needs. */
export type ServedSource = {
  /** Of HTTP, on loopback; nobody can guess it. */
  readonly url: string;
  /** Why a read failed, if one did: the program only learns that it did. */
  readonly failure: () => unknown;
  readonly close: () => Promise<void>;
};

/** Gives a source to a program of this machine. What it is read by, and what that may reach, was judged before. */
export async function serveSource(
  reader: Pick<SourceReader, "sizeBytes" | "read">,
): Promise<ServedSource> {
  const path = `/${randomBytes(16).toString("hex")}`;
  let failure: unknown;
  const server = createServer((request, response) => {
    answer(reader, path, request, response).catch((error: unknown) => {
      if (!response.destroyed) failure ??= error;
      response.destroy();
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${port}${path}`,
    failure: () => failure,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { sizeBytes, read }: Pick<SourceReader, "sizeBytes" | "read">,
  path: string,
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url !== path || method !== "GET") return void response.writeHead(404).end();
  const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const from = Number(first);
  const end = last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (from >= end)
    return void response.writeHead(416, { "content-range": `bytes */${sizeBytes}` }).end();
  response.writeHead(headers.range === undefined ? 200 : 206, {
    "accept-ranges": "bytes",
    "content-length": end - from,
    "content-type": "application/octet-stream",
    ...(headers.range !== undefined && {
      "content-range": `bytes ${from}-${end - 1}/${sizeBytes}`,
    }),
  });
  for (let at = from; at < end && !response.destroyed; ) {
    const piece = await read(at, Math.min(PIECE_BYTES, end - at));
    if (piece.length === 0) throw new Error("Cannot read the source: it ended early");
    at += piece.length;
    // The reader's buffer is its own again after the next read.
    if (!response.write(Buffer.from(piece))) await drained(response);
  }
  response.end();
}

/** Resolves when there is room again, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  await promise;
  response.off("drain", resolve).off("close", resolve);
}
