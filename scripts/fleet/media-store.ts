import { createReadStream, createWriteStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A store of media that a demo's nodes read from and write to. */
export type MediaStore = { readonly url: string; readonly stop: () => void };

/** Serves a folder by GET, and keeps in it what is sent by PUT, on a port of loopback that the system chooses. */
export async function startMediaStore(folder: string): Promise<MediaStore> {
  const server = createServer(async (request, answer) => {
    const path = join(folder, basename(request.url ?? ""));
    try {
      if (request.method === "PUT") {
        await pipeline(request, createWriteStream(path));
        answer.writeHead(201).end();
        return;
      }
      answer.writeHead(200, { "Content-Length": statSync(path).size });
      if (request.method === "HEAD") answer.end();
      else await pipeline(createReadStream(path), answer);
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
