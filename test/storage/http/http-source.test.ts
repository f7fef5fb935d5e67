import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { HttpStorage } from "../../../src/storage/http/http.ts";
import type { Fetched, Storage } from "../../../src/storage/storage.ts";
import type { TaskError } from "../../../src/task/errors.ts";
import { failureOf } from "../../contract/storage.ts";
import { aCertificate } from "../../fixtures/certificates.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { freely } from "../../fixtures/freely.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import {
  type Answer,
  etagOf,
  hang,
  type MediaServer,
  part,
  startMediaServer,
  status,
} from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const film = Buffer.from(Array.from({ length: 3 << 20 }, (_, at) => (at * 7 + (at >> 9)) & 255));
const ETAG = { etag: '"one"' };
const MIDDLE = film.length >> 1;
/** What is asked for after a cut in the middle: the last bytes before it may not have been read any more. */
const REST = expect.stringMatching(/^bytes=[1-9]\d{3,6}-$/);

const patient: Storage = hastyHttpStorage(10_000);
const server = await ofFile(startMediaServer());

let films = 0;

/** A film at an address of its own, whose first requests are answered as given. */
function aFilm(answers: readonly Answer[] = [], stays?: "stays"): string {
  films += 1;
  const path = `/film-${films}.mp4`;
  server.files.set(path, film);
  server.next(path, answers, stays);
  return path;
}

async function fetchFilm(url: string, storage = patient): Promise<Buffer> {
  const { path, sizeBytes } = await storage.open(url, { folder: tempFolder(), signal });
  const bytes = await readFile(path);
  expect(sizeBytes).toBe(bytes.length);
  return bytes;
}

const failure = (url: string, storage = patient): Promise<TaskError> =>
  failureOf(storage.open(url, { folder: tempFolder(), signal }));

const rangesOf = (path: string) =>
  server.asked.filter((asked) => asked.path === path).map(({ headers }) => headers.range);

/** Answers 206 with the right bytes and headers of one's own. */
const rest =
  (headers: Record<string, string>): Answer =>
  (request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
    const range = `bytes ${from}-${film.length - 1}/${film.length}`;
    response.writeHead(206, { "content-range": range, ...headers }).end(film.subarray(from));
  };

describe("HttpStorage.prototype.open", () => {
  test("keeps the extension, and tells how far it is", async () => {
    const seen: Fetched[] = [];
    const folder = tempFolder();
    const opened = await patient.open(server.url(`${aFilm()}?a=b.c`), {
      folder,
      signal,
      onProgress: (fetched) => void seen.push(fetched),
    });
    expect(opened.path).toBe(join(folder, "source.mp4"));
    expect(seen.at(-1)).toEqual({ doneBytes: film.length, totalBytes: film.length });
  });

  test("keeps no extension that is none", async () => {
    for (const name of ["/film.of-two", "/film.muchtoolong"]) {
      server.files.set(name, film);
      const folder = tempFolder();
      const { path } = await patient.open(server.url(name), { folder, signal });
      expect(path).toBe(join(folder, "source"));
    }
  });

  test("goes on where a connection was cut", async () => {
    const etag = etagOf(film);
    const path = aFilm([part(film, MIDDLE, "cut", { etag })]);
    expect((await fetchFilm(server.url(path))).equals(film)).toBe(true);
    expect(rangesOf(path)).toEqual([undefined, REST]);
  });

  test("goes on where a server fell silent", async () => {
    const etag = etagOf(film);
    const path = aFilm([part(film, MIDDLE, "silence", { etag })]);
    expect((await fetchFilm(server.url(path), hastyHttpStorage())).equals(film)).toBe(true);
    expect(rangesOf(path)).toEqual([undefined, REST]);
  });

  const renewals: readonly (readonly [string, readonly Answer[]])[] = [
    ["has no ranges", [part(film, MIDDLE, "cut", ETAG), whole]],
    ["names no version", [part(film, MIDDLE, "cut")]],
    ["has changed the file", [part(Buffer.alloc(film.length), MIDDLE, "cut", ETAG)]],
    [
      "has changed the file and gives its rest all the same",
      [part(Buffer.alloc(film.length), MIDDLE, "cut", ETAG), rest({ etag: '"two"' })],
    ],
    [
      "answers with another range",
      [part(film, MIDDLE, "cut", ETAG), rest({ "content-range": `bytes 5-9/${film.length}` })],
    ],
    ["has no such range", [part(film, MIDDLE, "cut", ETAG), status(416)]],
  ];
  test.each(renewals)("begins anew where the server %s", async (_, answers) => {
    expect((await fetchFilm(server.url(aFilm(answers)))).equals(film)).toBe(true);
  });

  test("tries again after answers that may pass", async () => {
    const path = aFilm([status(503), status(429), status(500)]);
    expect((await fetchFilm(server.url(path))).equals(film)).toBe(true);
  });

  test("takes an empty file, and one whose size is not told", async () => {
    const empty = aFilm();
    server.files.set(empty, Buffer.alloc(0));
    expect((await fetchFilm(server.url(empty))).length).toBe(0);
    const chunked = aFilm([(_, response) => void response.writeHead(200).end(film)]);
    expect((await fetchFilm(server.url(chunked))).equals(film)).toBe(true);
  });

  test("ends with the reason of a signal while it waits", async () => {
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const path = aFilm([(_request, _response) => abort.abort(reason)]);
    const options = { folder: tempFolder(), signal: abort.signal };
    expect(await failureOf(patient.open(server.url(path), options))).toBe(reason as TaskError);
  });
});

function whole(_: Parameters<Answer>[0], response: Parameters<Answer>[1]): void {
  response.writeHead(200, { "content-length": film.length }).end(film);
}

describe("HttpStorage.prototype.open of what cannot be had", () => {
  const cases = [
    [401, "source_missing", "credentials are missing or wrong"],
    [403, "source_missing", "access is forbidden"],
    [404, "source_missing", "there is no such file"],
    [410, "source_missing", "it is gone"],
    [400, "source_missing", "the server answered 400"],
    [204, "source_missing", "the server answered 204"],
    [500, "source_unreachable", "the server answered 500"],
    [503, "source_unreachable", "the server answered 503"],
    [429, "source_unreachable", "the server answered 429"],
  ] as const;
  test.each(cases)("answered %d is %s: %s", async (code, errorCode, state) => {
    const path = aFilm([status(code)], "stays");
    const error = await failure(server.url(path));
    expect(error.code).toBe(errorCode);
    expect(error.message).toContain(state);
    expect(rangesOf(path)).toHaveLength(errorCode === "source_missing" ? 1 : 4);
  });

  test.each([
    ["in the head", hang],
    ["in the body", part(film, MIDDLE, "silence")],
  ])("says that it hangs %s", async (_, answer) => {
    const path = aFilm([answer], "stays");
    const error = await failure(server.url(path), hastyHttpStorage(100));
    expect(error.code).toBe("source_hangs");
    expect(error.message).toContain("nothing moved for 0.1 s");
  });

  const cuts: readonly (readonly [string, Answer])[] = [
    ["in the head", (request) => void request.socket.destroy()],
    ["in a body of known size", part(film, 1000, "cut", ETAG)],
    [
      "in a body of unknown size",
      (request, response) => void response.write("x", () => request.socket.destroy()),
    ],
  ];
  test.each(cuts)("says that it is always cut %s", async (_, answer) => {
    const error = await failure(server.url(aFilm([answer], "stays")));
    expect(error.code).toBe("source_unreachable");
    expect(error.message).toContain("the connection was cut");
  });

  test("does not unpack what was not asked for packed", async () => {
    const packed = status(200, { "content-encoding": "gzip" });
    expect((await failure(server.url(aFilm([packed])))).message).toContain('the encoding "gzip"');
  });

  test("says that scratch has no room, before it fills it", async () => {
    const huge: Answer = (_, response) => {
      response.writeHead(200, { "content-length": Number.MAX_SAFE_INTEGER }).write("x");
    };
    const folder = tempFolder();
    const opening = patient.open(server.url(aFilm([huge])), { folder, signal });
    expect((await failureOf(opening)).code).toBe("scratch_full");
    expect((await readFile(join(folder, "source.mp4"))).length).toBe(0);
  });

  test("fetches no more than it is given room for", async () => {
    const options = { folder: tempFolder(), signal, roomToFetch: async () => film.length - 1 };
    const { code } = await failureOf(patient.open(server.url(aFilm()), options));
    expect(code).toBe("scratch_full");
  });

  test("says that a connection was refused, and that a name is unknown", async () => {
    const gone = await startMediaServer();
    const url = gone.url("/a.mp4");
    await gone.close();
    for (const [address, state] of [
      [url, "the connection was refused"],
      ["http://no-such-host.invalid/a.mp4", "its host name cannot be resolved"],
    ] as const) {
      const error = await failure(address);
      expect(error.code).toBe("source_unreachable");
      expect(error.message).toContain(state);
    }
  });

  test("trusts no certificate that it does not know", async () => {
    const secure = await startMediaServer(aCertificate().pair);
    const error = await failure(secure.url("/a.mp4"));
    await secure.close();
    expect(error.code).toBe("source_unreachable");
    expect(error.message).toContain("no trusted TLS connection can be made");
  });

  test("trusts the authority that it is told to, and reads and writes over TLS", async () => {
    const { pair, authority } = aCertificate();
    const secure = await startMediaServer(pair);
    secure.files.set("/a.mp4", film);
    const storage = new HttpStorage({
      idleTimeoutMs: 10_000,
      policy: OPEN_EGRESS,
      trusted: [authority],
    });
    const folder = tempFolder();
    const { path } = await storage.open(secure.url("/a.mp4"), { folder, signal });
    await storage.deliver({ entry: path }, secure.url("/b.mp4"), freely("t-1"));
    expect(secure.files.get("/b.mp4")?.equals(film)).toBe(true);
    await secure.close();
  });

  test("leaves nothing but its one file in scratch", async () => {
    const folder = tempFolder();
    await failureOf(patient.open(server.url(aFilm([status(404)])), { folder, signal }));
    expect(await readdir(folder)).toEqual(["source.mp4"]);
  });
});

describe("HttpStorage redirects", () => {
  const to = (location: string) => status(302, { location });

  test("are followed, also from the second address to a third", async () => {
    const third = aFilm();
    const second = aFilm([to(third.slice(1))]);
    expect((await fetchFilm(server.url(aFilm([to(second)])))).equals(film)).toBe(true);
  });

  test.each([
    ["file:///etc/passwd", 'it redirects to an address of the scheme "file"'],
    ["http://[", "it redirects to a malformed address"],
  ])("to %s are refused", async (location, state) => {
    const error = await failure(server.url(aFilm([to(location)])));
    expect(error.code).toBe("source_address_invalid");
    expect(error.message).toContain(state);
  });

  test("in a circle are refused", async () => {
    const path = aFilm([(request, response) => to(request.url ?? "")(request, response)], "stays");
    expect((await failure(server.url(path))).code).toBe("source_address_invalid");
    expect(rangesOf(path)).toHaveLength(6);
  });

  test("carry credentials to the host they were given for, and to no other", async () => {
    const other = await startMediaServer();
    other.files.set("/a.mp4", film);
    const near = aFilm([to(other.url("/a.mp4"))]);
    const far = aFilm([to(near)]);
    await fetchFilm(server.url(far).replace("http://", "http://ann:p%40ss@"));
    const sent = (asked: MediaServer["asked"], path: string) =>
      asked.find((each) => each.path === path)?.headers.authorization;
    const basic = `Basic ${Buffer.from("ann:p@ss").toString("base64")}`;
    expect([sent(server.asked, far), sent(server.asked, near)]).toEqual([basic, basic]);
    expect(other.asked).toHaveLength(1);
    expect(sent(other.asked, "/a.mp4")).toBeUndefined();
    await other.close();
  });
});
