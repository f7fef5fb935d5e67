import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { type Answer, hang, part, status } from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";
import { refused, startS3Server } from "../../fixtures/s3-server.ts";
import { hastyS3Storage } from "../../fixtures/s3-storage.ts";

// A real server on a busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const film = Buffer.from(Array.from({ length: 3 << 20 }, (_, at) => (at * 7 + (at >> 9)) & 255));
const MIDDLE = film.length >> 1;
/** What is asked for after a cut in the middle: the last bytes before it may not have been read any more. */
const REST = expect.stringMatching(/^bytes=[1-9]\d{3,6}-$/);

const server = await ofFile(startS3Server());

let films = 0;

/** A film under a key of its own, whose first requests are answered as given. */
async function aFilm(answersOf: (etag: string) => readonly Answer[] = () => []): Promise<string> {
  const key = `film-${++films}.mp4`;
  const made = await server.fetch(`/${key}`, { method: "PUT", body: film });
  const path = `/${server.bucket}/${key}`;
  server.next((asked) => asked.path === path, answersOf(made.headers.get("etag") ?? ""));
  return key;
}

const open = (key: string, idleTimeoutMs?: number) =>
  hastyS3Storage(server, idleTimeoutMs).open(`s3://${server.bucket}/${key}`, {
    folder: tempFolder(),
    signal,
  });

/** The ranges that were asked for of a film, with the versions they hold for. */
const rangesOf = (key: string) =>
  server.asked.flatMap((asked, at) =>
    asked === `GET /${server.bucket}/${key}` ? [server.heads[at]?.range] : [],
  );

describe("S3Storage.prototype.open", () => {
  test("goes on where a connection was cut", async () => {
    const key = await aFilm((etag) => [part(film, MIDDLE, "cut", { etag })]);
    const opened = await open(key);
    expect(opened.sizeBytes).toBe(film.length);
    expect((await readFile(opened.path)).equals(film)).toBe(true);
    expect(rangesOf(key)).toEqual([undefined, REST]);
  });

  test("begins anew where the object was replaced meanwhile", async () => {
    const old = Buffer.alloc(film.length);
    const key = await aFilm(() => [part(old, MIDDLE, "cut", { etag: '"of the old one"' })]);
    expect((await readFile((await open(key)).path)).equals(film)).toBe(true);
    expect(rangesOf(key)).toEqual([undefined, REST, undefined]);
  });

  const cases: readonly (readonly [string, Answer, string, string])[] = [
    ["AccessDenied", refused(403, "AccessDenied"), "source_missing", "access is denied"],
    ["an archived object", refused(403, "InvalidObjectState"), "source_missing", "archived"],
    ["SlowDown", refused(503, "SlowDown"), "source_unreachable", "asks for fewer requests"],
    ["500", status(500), "source_unreachable", "the server answered 500"],
    ["a redirect", refused(301, "PermanentRedirect"), "source_missing", "at another endpoint"],
    ["silence", hang, "source_hangs", "nothing moved for 0.3 s"],
    ["a short body", part(film, 1000, "cut"), "source_unreachable", "the connection was cut"],
  ];
  test.each(cases)("says what %s means", async (_, answer, code, state) => {
    const key = await aFilm(() => [answer, answer, answer, answer]);
    const error = await failureOf(open(key, 300));
    expect(error.code).toBe(code as typeof error.code);
    expect(error.message).toContain(state);
  });

  test("says so of an object and of a bucket that are not there", async () => {
    const missing = await failureOf(open("none.mp4"));
    expect(missing.message).toContain("there is no such object (NoSuchKey)");
    const options = { folder: tempFolder(), signal };
    const nowhere = hastyS3Storage(server).open("s3://no-such-bucket/a.mp4", options);
    expect((await failureOf(nowhere)).message).toContain("no such bucket (NoSuchBucket)");
  });
});
