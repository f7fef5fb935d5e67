import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { S3Storage } from "../../../src/storage/s3/s3.ts";
import type { FinishedFiles } from "../../../src/storage/storage.ts";
import type { TaskError } from "../../../src/task/errors.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { aFile, aSet } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { type Answer, cutUpload, hang, status, takeNothing } from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";
import { type Meant, refused, startS3Server } from "../../fixtures/s3-server.ts";
import { hastyS3Storage, keysBelow, objectText, openUploads } from "../../fixtures/s3-storage.ts";

// A real server on a busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Three parts: two whole ones and a rest. */
const large = Buffer.from(Array.from({ length: 17 << 20 }, (_, at) => (at * 7 + (at >> 9)) & 255));
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const server = await ofFile(startS3Server());
const storage = hastyS3Storage(server);
const film: FinishedFiles = { entry: join(tempFolder(), "output.mp4") };
await writeFile(film.entry, large);

let targets = 0;
const aKey = () => `out/${++targets} ä+(1).mp4`;
const addressOf = (key: string) => `s3://${server.bucket}/${key}`;
const pathOf = (key: string) => `/${server.bucket}/${key.split("/").map(strictly).join("/")}`;
const strictly = (text: string) =>
  encodeURIComponent(text).replace(/[()]/g, (c) => (c === "(" ? "%28" : "%29"));

/** Whether a request is of a kind, about a key: `PUT`, `PUT part 2`, `begin`, `complete`, `abort`. */
const about =
  (key: string, kind: string): Meant =>
  ({ method, path, query }) =>
    path === pathOf(key) && kindOf(method, query) === kind;

function kindOf(method: string, query: URLSearchParams): string {
  if (query.has("uploads")) return "begin";
  if (query.has("partNumber")) return `part ${query.get("partNumber")}`;
  if (query.has("uploadId")) return method === "POST" ? "complete" : "abort";
  return method;
}

/** The kinds of the requests about a key, in order. */
const kindsOf = (key: string): readonly string[] =>
  server.asked.flatMap((asked) => {
    const [method = "", url = ""] = asked.split(" ");
    const { pathname, searchParams } = new URL(url, "http://gate");
    return pathname === pathOf(key) ? [kindOf(method, searchParams)] : [];
  });

async function bytesOf(key: string): Promise<Buffer> {
  const answer = await server.fetch(pathOf(key).slice(`/${server.bucket}`.length));
  return Buffer.from(await answer.arrayBuffer());
}

describe("S3Storage.prototype.deliver", () => {
  test("writes a large file in parts, that nobody sees before the last step", async () => {
    const key = aKey();
    const seen: unknown[] = [];
    const mayPublish = async () => void seen.push(await keysBelow(server, key));
    await storage.deliver(film, addressOf(key), freely("t-1", { mayPublish }));
    expect(seen).toEqual([[]]);
    expect(digest(await bytesOf(key))).toBe(digest(large));
    expect([...kindsOf(key)].sort()).toEqual([
      "GET",
      "begin",
      "complete",
      "part 1",
      "part 2",
      "part 3",
    ]);
    expect(await openUploads(server, key)).toEqual([]);
  });

  test("says what the object is, also of one in parts", async () => {
    for (const finished of [film, await aFile(tempFolder(), "small")]) {
      const key = aKey();
      await storage.deliver(finished, addressOf(key), freely("t-1"));
      const head = await server.fetch(pathOf(key).slice(`/${server.bucket}`.length), {
        method: "HEAD",
      });
      expect(head.headers.get("content-type")).toBe("video/mp4");
      expect(head.headers.get("x-amz-meta-pontus-tag")).toBe("t-1");
    }
  });

  test("sends a part that was cut off again, and no other", async () => {
    const key = aKey();
    server.next(about(key, "part 2"), [cutUpload, refused(503, "SlowDown"), status(500)]);
    await storage.deliver(film, addressOf(key), freely("t-1"));
    expect(digest(await bytesOf(key))).toBe(digest(large));
    const parts = kindsOf(key).filter((kind) => kind.startsWith("part"));
    expect(parts.filter((kind) => kind === "part 2")).toHaveLength(4);
    expect(parts).toHaveLength(6);
  });

  const passing: readonly (readonly [string, Answer])[] = [
    ["an answer of success that tells of an error", refused(200, "InternalError")],
    ["a lost answer", (message) => void message.resume().on("end", () => message.socket.destroy())],
  ];
  test.each(passing)("completes again after %s", async (_, answer) => {
    const key = aKey();
    server.next(about(key, "complete"), [answer]);
    await storage.deliver(film, addressOf(key), freely("t-1"));
    expect(digest(await bytesOf(key))).toBe(digest(large));
    expect(kindsOf(key).filter((kind) => kind === "complete")).toHaveLength(2);
  });

  test("knows its own object where the upload has ended but its answer was lost", async () => {
    const key = aKey();
    server.next(about(key, "complete"), [
      // The upload is completed behind the gate's back, and the client is told that it failed.
      async (message, response) => {
        const body: Buffer[] = [];
        for await (const chunk of message) body.push(chunk as Buffer);
        await server.fetch((message.url ?? "").slice(`/${server.bucket}`.length), {
          method: "POST",
          body: Buffer.concat(body),
        });
        response.writeHead(500).end();
      },
      refused(404, "NoSuchUpload"),
    ]);
    await storage.deliver(film, addressOf(key), freely("t-1"));
    expect(digest(await bytesOf(key))).toBe(digest(large));
  });

  const before: readonly (readonly [string, string, number, readonly Answer[]])[] = [
    ["another attempt's", "t-0", large.length, [status(500), refused(404, "NoSuchUpload")]],
    ["of another size", "t-1", 9, [status(500), refused(404, "NoSuchUpload")]],
    ["its own from before", "t-1", large.length, [refused(404, "NoSuchUpload")]],
  ];
  test.each(before)("takes no object for the new one that is %s", async (...row) => {
    const [, tag, sizeBytes, answers] = row;
    const key = aKey();
    const path = pathOf(key).slice(`/${server.bucket}`.length);
    const headers = { "x-amz-meta-pontus-tag": tag };
    await server.fetch(path, { method: "PUT", body: large.subarray(0, sizeBytes), headers });
    server.next(about(key, "complete"), answers);
    const error = await failureOf(storage.deliver(film, addressOf(key), freely("t-1")));
    expect(error.message).toContain("the upload was ended by somebody else (NoSuchUpload)");
  });

  test("sends a part again to a store that said all was well too early", async () => {
    const key = aKey();
    const early: Answer = (_, response) => void response.writeHead(200, { etag: '"x"' }).end();
    server.next(about(key, "part 1"), [early]);
    await storage.deliver(film, addressOf(key), freely("t-1"));
    expect(digest(await bytesOf(key))).toBe(digest(large));
  });

  test("leaves no parts behind when it may not publish, fails, or is stopped", async () => {
    const key = aKey();
    const stop = new AbortController();
    const stopped = about(key, "part 3");
    const refusal = new Error("the lease ran out");
    const mayPublish = () => Promise.reject(refusal);
    const unpublished = storage.deliver(film, addressOf(key), freely("t-1", { mayPublish }));
    expect(await failureOf(unpublished)).toBe(refusal as TaskError);
    server.next(about(key, "part 1"), [refused(403, "AccessDenied")]);
    const denied = await failureOf(storage.deliver(film, addressOf(key), freely("t-1")));
    expect(denied.code).toBe("target_unwritable");
    server.next(stopped, [() => stop.abort(refusal)]);
    const options = freely("t-1", { signal: stop.signal });
    expect(await failureOf(storage.deliver(film, addressOf(key), options))).toBe(
      refusal as TaskError,
    );
    expect(kindsOf(key).filter((kind) => kind === "abort")).toHaveLength(3);
    expect(await openUploads(server, key)).toEqual([]);
    expect(await keysBelow(server, key)).toEqual([]);
  });

  test.each(["prepare", "deliver"] as const)("%s() takes away what a crash left", async (verb) => {
    const key = aKey();
    for (const left of [key, `${key}.other`])
      await server.fetch(`${pathOf(left).slice(`/${server.bucket}`.length)}?uploads=`, {
        method: "POST",
      });
    expect(await openUploads(server, key)).toHaveLength(2);
    if (verb === "prepare") await storage.prepare(addressOf(key), freely("t-2"));
    else await storage.deliver(await aFile(tempFolder(), "small"), addressOf(key), freely("t-2"));
    expect(await openUploads(server, key)).toEqual([`${key}.other`]);
  });

  test("delivers where uploads may not be listed", async () => {
    const key = aKey();
    server.next(({ query }) => query.get("prefix") === key, [refused(403, "AccessDenied")]);
    await storage.deliver(await aFile(tempFolder(), "small"), addressOf(key), freely("t-1"));
    expect(await objectText(server, key)).toBe("small");
  });

  test("removes the segments of a set that fails, and leaves a stranger's alone", async () => {
    const key = `sets/${++targets}.m3u8`;
    const folder = key.replace(".m3u8", "");
    await server.fetch(`/${folder}/holiday.ts`, { method: "PUT", body: "mine" });
    server.next(
      ({ method, path }) => method === "PUT" && path.endsWith("00001.ts"),
      [refused(403, "AccessDenied")],
    );
    const finished = await aSet(tempFolder(), ["one", "two", "three"]);
    const error = await failureOf(storage.deliver(finished, addressOf(key), freely("t-1")));
    expect(error.code).toBe("target_unwritable");
    expect(await keysBelow(server, folder)).toEqual([`${folder}/holiday.ts`]);
  });
});

describe("S3Storage.prototype.deliver to where it cannot be", () => {
  const cases: readonly (readonly [string, Answer, string, string])[] = [
    ["AccessDenied", refused(403, "AccessDenied"), "target_unwritable", "access is denied"],
    ["SlowDown", refused(503, "SlowDown"), "target_unreachable", "asks for fewer requests"],
    [
      "RequestTimeout",
      refused(400, "RequestTimeout"),
      "target_unreachable",
      "waited too long for the bytes",
    ],
    ["500", status(500), "target_unreachable", "the server answered 500"],
    ["a full store", refused(507, "XMinioStorageFull"), "target_full", "no space is left there"],
    ["a quota", refused(403, "QuotaExceeded"), "target_full", "the quota is used up"],
    ["a redirect", refused(301, "PermanentRedirect"), "target_unwritable", "at another endpoint"],
    ["a cut connection", cutUpload, "target_unreachable", "the connection was cut"],
    ["no bytes taken", takeNothing, "target_unreachable", "nothing moved for 0.3 s"],
    ["no answer", hang, "target_unreachable", "nothing moved for 0.3 s"],
  ];
  test.each(cases)("says what %s means", async (_, answer, code, state) => {
    const key = aKey();
    server.next(about(key, "PUT"), [answer, answer, answer, answer]);
    const finished = await aFile(tempFolder(), "small");
    const delivery = hastyS3Storage(server, 300).deliver(finished, addressOf(key), freely("t-1"));
    const error = await failureOf(delivery);
    expect(error.code).toBe(code as TaskError["code"]);
    expect(error.message).toContain(state);
    expect(kindsOf(key)).toHaveLength(code === "target_unreachable" ? 4 : 1);
    expect(await keysBelow(server, key)).toEqual([]);
  });

  const access = () => server.access;
  const strangers = [
    [
      "an unknown key",
      () => ({ ...access(), accessKeyId: "test:nobody" }),
      "the access key or its secret is wrong",
    ],
    [
      "a wrong secret",
      () => ({ ...access(), secretAccessKey: "wrong-secret" }),
      "the access key or its secret is wrong",
    ],
    ["no such host", () => ({ ...access(), endpoint: "http://s3.invalid" }), "cannot be resolved"],
    [
      "a refused connection",
      () => ({ ...access(), endpoint: "http://127.0.0.1:1" }),
      "was refused",
    ],
    [
      "no TLS",
      () => ({ ...access(), endpoint: access().endpoint.replace("http:", "https:") }),
      "TLS",
    ],
  ] as const;
  test.each(strangers)(
    "says so of %s, early, and shows no secret",
    async (_, ofStranger, state) => {
      const retries = { failuresMax: 2, firstWaitMs: 5 };
      const stranger = new S3Storage({ access: ofStranger(), idleTimeoutMs: 5000, retries });
      const error = await failureOf(stranger.prepare(addressOf(aKey()), freely("t-1")));
      expect(error.message).toContain(state);
      expect(JSON.stringify([error, error.message, String(error.cause)])).not.toMatch(
        /secret[-/]|nobody/,
      );
    },
  );

  test("says so of a bucket that is not there", async () => {
    const error = await failureOf(storage.prepare("s3://no-such-bucket/a.mp4", freely("t-1")));
    expect([error.code, error.message]).toEqual([
      "target_unwritable",
      'Cannot write the target "s3://no-such-bucket/a.mp4": there is no such bucket (NoSuchBucket)',
    ]);
  });
});
