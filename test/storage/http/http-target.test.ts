import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FinishedFiles } from "../../../src/storage/storage.ts";
import type { TaskError } from "../../../src/task/errors.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { aFile, aSet } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import {
  type Answer,
  cutUpload,
  hang,
  startMediaServer,
  status,
  takeNothing,
} from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const storage = hastyHttpStorage(10_000);
/** More than the buffers on the way hold. */
const large = Buffer.from(Array.from({ length: 16 << 20 }, (_, at) => (at * 7 + (at >> 9)) & 255));

const server = await ofFile(startMediaServer());
const film: FinishedFiles = { entry: join(tempFolder(), "output.mp4") };
await writeFile(film.entry, large);

let targets = 0;

/** A path of its own, whose first requests are answered as given. */
function aTarget(answers: readonly Answer[] = [], stays?: "stays"): string {
  targets += 1;
  const path = `/out/${targets}.mp4`;
  server.next(path, answers, stays);
  return path;
}

const askedFor = (path: string) => server.asked.filter((asked) => asked.path === path);

describe("HttpStorage.prototype.deliver", () => {
  test("sends a file with its size and type, and asks first", async () => {
    const path = aTarget();
    const before: number[] = [];
    const mayPublish = async () => void before.push(askedFor(path).length);
    await storage.deliver(film, server.url(path), freely("t-1", { mayPublish }));
    expect(server.files.get(path)?.equals(large)).toBe(true);
    expect(before).toEqual([0]);
    const [asked] = askedFor(path);
    expect(asked?.method).toBe("PUT");
    expect(asked?.headers).toMatchObject({
      "content-length": String(large.length),
      "content-type": "video/mp4",
    });
    expect(asked?.headers).not.toHaveProperty("transfer-encoding");
  });

  test("sends it by POST where the scheme says so", async () => {
    const path = aTarget([status(503)]);
    const url = server.url(path).replace("http:", "http+post:");
    expect((await storage.target(url)).key).toBe((await storage.target(server.url(path))).key);
    await storage.deliver(film, url, freely("t-1"));
    expect(askedFor(path).map(({ method }) => method)).toEqual(["POST", "POST"]);
    expect(server.files.get(path)?.equals(large)).toBe(true);
  });

  test("sends it again after what may pass, and asks again each time", async () => {
    const path = aTarget([status(503), cutUpload, status(429)]);
    let calls = 0;
    const mayPublish = async () => void calls++;
    await storage.deliver(film, server.url(path), freely("t-1", { mayPublish }));
    expect(server.files.get(path)?.equals(large)).toBe(true);
    expect(calls).toBe(4);
  });

  test("sends it again to a server that said all was well too early", async () => {
    const path = aTarget([(_, response) => void response.writeHead(201).end()]);
    await storage.deliver(film, server.url(path), freely("t-1"));
    expect(server.files.get(path)?.equals(large)).toBe(true);
  });

  test("follows a redirect with the whole file", async () => {
    const to = aTarget();
    const path = aTarget([status(307, { location: to })]);
    await storage.deliver(film, server.url(path), freely("t-1"));
    expect(server.files.get(to)?.equals(large)).toBe(true);
  });

  test("sends credentials as a header, and nothing of them in the address", async () => {
    const path = aTarget();
    const url = server.url(path).replace("http://", "http://ann:hunter2@");
    await storage.deliver(await aFile(tempFolder(), "x"), url, freely("t-1"));
    const basic = `Basic ${Buffer.from("ann:hunter2").toString("base64")}`;
    expect(askedFor(path)[0]?.headers.authorization).toBe(basic);
    expect(JSON.stringify(askedFor(path)[0])).not.toContain("hunter2");
  });

  const cases: readonly (readonly [string, Answer, string, string, number])[] = [
    ["401", status(401), "target_unwritable", "credentials are missing or wrong", 1],
    ["403", status(403), "target_unwritable", "access is forbidden", 1],
    ["404", status(404), "target_unwritable", "the server answered 404", 1],
    ["405", status(405), "target_unwritable", "the method is not allowed", 1],
    ["304", status(304), "target_unwritable", "the server answered 304", 1],
    ["507 after the body", status(507), "target_full", "no space is left there", 1],
    ["500", status(500), "target_unreachable", "the server answered 500", 4],
    ["a cut connection", cutUpload, "target_unreachable", "the connection was cut", 4],
    ["no bytes taken", takeNothing, "target_unreachable", "nothing moved for 0.2 s", 4],
    ["no answer", hang, "target_unreachable", "nothing moved for 0.2 s", 4],
    [
      "a redirect to a file",
      status(302, { location: "file:///a" }),
      "target_unwritable",
      'the scheme "file"',
      1,
    ],
  ];
  test.each(cases)("says what %s means", async (_, answer, code, state, requests) => {
    const path = aTarget([answer], "stays");
    const delivery = hastyHttpStorage(200).deliver(film, server.url(path), freely("t-1"));
    const error = await failureOf(delivery);
    expect(error.code).toBe(code as TaskError["code"]);
    expect(error.message).toContain(state);
    expect(askedFor(path)).toHaveLength(requests);
  });

  test("says that a connection was refused", async () => {
    const gone = await startMediaServer();
    const url = gone.url("/a.mp4");
    await gone.close();
    const error = await failureOf(storage.deliver(film, url, freely("t-1")));
    expect(error.code).toBe("target_unreachable");
    expect(error.message).toContain("the connection was refused");
  });

  test("ends with the reason of a signal while it sends", async () => {
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const path = aTarget([(request) => request.once("data", () => abort.abort(reason))], "stays");
    const options = freely("t-1", { signal: abort.signal });
    expect(await failureOf(storage.deliver(film, server.url(path), options))).toBe(
      reason as TaskError,
    );
    expect(askedFor(path)).toHaveLength(1);
  });
});

describe("HttpStorage.prototype.deliver of a set", () => {
  test("sends the segments before the playlist, with their types and the address's query", async () => {
    const finished = await aSet(tempFolder(), ["1", "2", "3", "4", "5", "6"]);
    await storage.deliver(finished, server.url("/live/a.m3u8?key=1"), freely("t-1"));
    const asked = server.asked.filter(({ path }) => path.startsWith("/live/a"));
    expect(
      asked
        .map(({ path }) => path)
        .slice(0, -1)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5].map((at) => `/live/a/pontus.t-1.0000${at}.ts?key=1`));
    expect(asked.at(-1)?.path).toBe("/live/a.m3u8?key=1");
    expect(asked.at(0)?.headers["content-type"]).toBe("video/mp2t");
    expect(asked.at(-1)?.headers["content-type"]).toBe("application/vnd.apple.mpegurl");
    expect(server.files.get("/live/a.m3u8")?.toString()).toContain("\na/pontus.t-1.00005.ts\n");
  });

  test("sends no playlist where a segment is refused", async () => {
    server.next("/live/b/pontus.t-1.00001.ts", [status(403)]);
    const finished = await aSet(tempFolder(), ["1", "2", "3"]);
    const delivery = storage.deliver(finished, server.url("/live/b.m3u8"), freely("t-1"));
    expect((await failureOf(delivery)).code).toBe("target_unwritable");
    expect(server.files.has("/live/b.m3u8")).toBe(false);
  });
});
