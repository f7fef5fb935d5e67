import { createReadStream, createWriteStream, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A store of media that a demo's nodes read from and write to. */
export type MediaStore = { readonly url: string; readonly stop: () => void };

/**
 * Serves a folder by GET, of which it names versions and gives ranges, keeps in it what is sent by PUT, and removes from it by DELETE, on a
 * port of loopback that the system chooses.
 */
export async function startMediaStore(folder: string): Promise<MediaStore> {
  const server = createServer(async (request, answer) => {
    const path = join(folder, basename(request.url ?? ""));
    try {
      if (request.method === "PUT") {
        await pipeline(request, createWriteStream(path));
        answer.writeHead(201).end();
      } else if (request.method === "DELETE") {
        rmSync(path);
        answer.writeHead(204).end();
      } else await give(path, request, answer);
    } catch {
      if (!answer.headersSent) answer.writeHead(404).end();
    }
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers with a file, or with the one range of it that is asked for. */
async function give(path: string, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { size, mtimeMs } = statSync(path);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  if (start >= size) return void answer.writeHead(416).end();
  const end = Math.min(last ? Number(last) : size, size - 1);
  answer.writeHead(first === undefined ? 200 : 206, {
    "Accept-Ranges": "bytes",
    ETag: `"${size}-${mtimeMs}"`,
    "Content-Length": end - start + 1,
    ...(first !== undefined && { "Content-Range": `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === "HEAD") answer.end();
  else await pipeline(createReadStream(path, { start, end }), answer);
}
