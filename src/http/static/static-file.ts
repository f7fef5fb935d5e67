import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { requestIdOf } from "../answer.ts";

/** A file of a page as it is sent: as it is, and smaller for those who take gzip. */
export type StaticFile = {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Made when it is first asked for. */
  readonly zipped: () => Promise<Uint8Array<ArrayBuffer>>;
};

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript;charset=UTF-8",
  ".css": "text/css;charset=UTF-8",
  ".svg": "image/svg+xml",
};

const zip = promisify(gzip);

/** Makes a file of what is in it. */
export function staticFile(type: string, plain: Uint8Array<ArrayBuffer>): StaticFile {
  let zipping: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const zipped = () => {
    zipping ??= zip(plain, { level: 9 }).then((bytes) => new Uint8Array(bytes));
    return zipping;
  };
  return { type, plain, zipped };
}

/**
 * Reads a file, which stays in memory.
 *
 * @param name - whose ending tells its type
 * @param url - where it is
 */
export const loadStaticFile = async (name: string, url: string): Promise<StaticFile> =>
  staticFile(TYPES[extname(name)] ?? "", new Uint8Array(await readFile(fileURLToPath(url))));

const takesGzip = (request: Request): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(request.headers.get("Accept-Encoding") ?? "");

/** Answers with a file, small if the caller takes that. */
export async function sendStaticFile(
  request: Request,
  { type, plain, zipped }: StaticFile,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const isZipped = takesGzip(request);
  return new Response(isZipped ? await zipped() : plain, {
    headers: {
      "Content-Type": type,
      ...(isZipped && { "Content-Encoding": "gzip" }),
      Vary: "Accept-Encoding",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestIdOf(request),
      ...headers,
    },
  });
}
