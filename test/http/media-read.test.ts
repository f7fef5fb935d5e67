import { describe, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  anApp,
  appOfEachTest,
  BASE,
  CLIENTS,
  credentialsOf,
  refusalOf,
} from "../fixtures/http-app.ts";
import { signedRequest } from "../fixtures/signed-client.ts";

const app = appOfEachTest();

const MEDIA = "/api/v1/media";
const DIGITS = Buffer.from("0123456789");

const get = (path: string, headers: Record<string, string> = {}) =>
  app.call(`${MEDIA}/${path}`, { headers });

/** What an open file of this process is; nothing if it is closed by now. */
const linkOf = (fd: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
};

describe("GET of a file", () => {
  test.each([
    [undefined, 200, "0123456789", null],
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=0-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=4-2", 200, "0123456789", null],
    ["bytes=0-1,4-5", 200, "0123456789", null],
    ["lines=1-2", 200, "0123456789", null],
  ] as const)("answers the range %p with %d %s", async (range, status, text, told) => {
    await writeFile(join(app.root, "a.mp4"), DIGITS);
    const answer = await get("a.mp4", range === undefined ? {} : { Range: range });
    const { headers } = answer;
    expect([answer.status, await answer.text(), headers.get("Content-Range")]).toEqual([
      status,
      text,
      told,
    ]);
    expect(headers.get("Content-Length")).toBe(String(text.length));
    expect(headers.get("Content-Type")).toBe("video/mp4");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Content-Security-Policy")).toBe("default-src 'none'; sandbox");
  });

  test("refuses a range behind the end, and what is no file", async () => {
    await writeFile(join(app.root, "a.mp4"), DIGITS);
    await writeFile(join(app.root, "empty.mp4"), "");
    await mkdir(join(app.root, "folder"));
    for (const [path, Range] of [
      ["a.mp4", "bytes=10-"],
      ["a.mp4", "bytes=-0"],
      ["empty.mp4", "bytes=0-"],
    ] as const)
      expect(await refusalOf(await get(path, { Range }))).toBe("416 InvalidRange");
    for (const path of ["none.mp4", "folder", "folder/none.mp4", "a.mp4/b"])
      expect([path, await refusalOf(await get(path))]).toEqual([path, "404 NoSuchMedia"]);
    expect(await refusalOf(await get("a.pontus-part"))).toBe("400 InvalidParameterException");
  });

  test("sends what the caller has not, and parts of the same file alone", async () => {
    const path = join(app.root, "page.html");
    await writeFile(path, DIGITS);
    const first = await get("page.html");
    expect(first.headers.get("Content-Type")).toBe("application/octet-stream");
    const tag = first.headers.get("ETag") ?? "";
    const known = await get("page.html", { "If-None-Match": `"x", W/${tag}` });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const part = { Range: "bytes=1-2", "If-Range": tag };
    expect((await get("page.html", part)).status).toBe(206);
    await utimes(path, 1, 2);
    expect((await get("page.html", { "If-None-Match": tag })).status).toBe(200);
    const other = await get("page.html", part);
    expect([other.status, await other.text()]).toEqual([200, "0123456789"]);
  });

  test("reads no faster than the caller, and closes the file when that has gone", async () => {
    await writeFile(join(app.root, "a.mp4"), Buffer.alloc(4 << 20));
    // Not by the call that holds the answer against its description, which reads a copy of it.
    const { body } = await app.fetch(
      signedRequest(credentialsOf(CLIENTS.ada), `${BASE}${MEDIA}/a.mp4`),
    );
    const open = () =>
      readdirSync("/proc/self/fd")
        .map(linkOf)
        .filter((path) => path.endsWith("/media/a.mp4"));
    const reader = body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(value?.byteLength).toBeLessThan(1 << 20);
    expect(open()).toHaveLength(1);
    await reader?.cancel();
    expect(open()).toEqual([]);
  });
});

test("files on their way are streams of their client, of which it has a limited number", async () => {
  const limited = await anApp({ clientStreamsMax: 1 });
  Object.assign(app, limited);
  await writeFile(join(app.root, "a.mp4"), Buffer.alloc(4 << 20));
  const path = `${MEDIA}/a.mp4`;
  const put = (body: BodyInit, length: number) => {
    const headers = { "Content-Length": String(length) };
    const signed = signedRequest(credentialsOf(CLIENTS.ada), `${BASE}${path}`, {
      ...{ method: "PUT", headers },
    });
    return app.fetch(new Request(signed, { body, duplex: "half" } as RequestInit));
  };
  const first = await app.fetch(signedRequest(credentialsOf(CLIENTS.ada), BASE + path));
  expect(await refusalOf(await get("a.mp4"))).toBe("429 TooManyRequests");
  expect(await refusalOf(await put("ab", 2))).toBe("429 TooManyRequests");
  expect((await app.call(path, { as: CLIENTS.bob, method: "HEAD" })).status).toBe(200);
  await first.body?.cancel();
  expect(await refusalOf(await get("none.mp4"))).toBe("404 NoSuchMedia");

  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const taking = put(readable, 2);
  await writer.write(DIGITS.subarray(0, 1));
  expect(await refusalOf(await get("a.mp4"))).toBe("429 TooManyRequests");
  await writer.write(DIGITS.subarray(1, 2));
  await writer.close();
  expect((await taking).status).toBe(200);
  const last = await get("a.mp4");
  expect(await last.text()).toBe("01");
  expect((await get("a.mp4")).status).toBe(200);
});
