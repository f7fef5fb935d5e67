import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileStorage } from "../../src/storage/file/file.ts";
import type { Client } from "../../src/store/store.ts";
import { tagStemOf } from "../../src/task/leftovers.ts";
import { filesOf } from "../fixtures/file-storage.ts";
import { anApp, appOfEachTest, CLIENTS, refusalOf } from "../fixtures/http-app.ts";
import { eventually } from "../fixtures/service.ts";
import type { SignedCallOptions } from "../fixtures/signed-client.ts";

// Looked for again and again, on a busy machine.
setDefaultTimeout(60_000);

const app = appOfEachTest();

const MEDIA = "/api/v1/media";
const DIGITS = Buffer.from("0123456789");

type Options = SignedCallOptions & { readonly as?: Client };

const pieceOf = (from: number, to: number, total = DIGITS.length) => ({
  body: DIGITS.subarray(from, to),
  headers: {
    "Content-Length": String(to - from),
    "Content-Range": `bytes ${from}-${to - 1}/${total}`,
  },
});

const digestOf = (bytes: Uint8Array): string =>
  `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;

const put = (path: string, options: Options): Promise<Response> =>
  app.call(`${MEDIA}/${path}`, {
    method: "PUT",
    ...options,
    headers: { "Content-Length": String((options.body as Uint8Array).length), ...options.headers },
  });

const whole = (path: string, text: string, as = CLIENTS.ada): Promise<Response> =>
  put(path, { body: Buffer.from(text), as });

const get = (path: string, headers: Record<string, string> = {}, as = CLIENTS.ada) =>
  app.call(`${MEDIA}/${path}`, { headers, as });

/** What HEAD tells of an upload; nothing where there is neither file nor upload. */
async function standing(path: string, as = CLIENTS.ada): Promise<readonly string[] | number> {
  const { status, headers } = await app.call(`${MEDIA}/${path}`, { method: "HEAD", as });
  const told = ["Upload-Offset", "Upload-Length", "Upload-Complete"];
  return status === 200 ? told.map((name) => headers.get(name) ?? "") : status;
}

/** Two clients with folders of their own. */
async function walledApp() {
  const walled = await anApp();
  const { root, ports } = walled;
  const clientOf = (code: string, roots: readonly string[]): Client => ({
    ...CLIENTS.ada,
    clientCode: code,
    publicKey: `pk-${code}`,
    reach: { source: { roots }, target: { roots } },
  });
  const own = clientOf("own", [join(root, "own")]);
  const other = clientOf("other", [join(root, "other"), join(root, "shared")]);
  await ports.clients.seed([own, other]);
  Object.assign(app, walled);
  return { own, other, root };
}

describe("PUT of a file", () => {
  test("puts a whole file in, in the place of another, and of folders that are missing", async () => {
    for (const text of ["first", "the second", ""]) {
      const answer = await whole("new/a%20b.mp4", text);
      expect([answer.status, await answer.json()]).toEqual([
        200,
        { path: "new/a b.mp4", offset: text.length, total: text.length, complete: true },
      ]);
      expect(await readFile(join(app.root, "new/a b.mp4"), "utf8")).toBe(text);
    }
    expect(await filesOf(app.root)).toEqual(["new/a b.mp4"]);
  });

  test("takes pieces in their order, each from where the upload stands, and shows nothing before the last", async () => {
    await writeFile(join(app.root, "a.mp4"), "before");
    const first = await put("a.mp4", pieceOf(0, 4));
    expect([first.status, await first.json()]).toEqual([
      202,
      { path: "a.mp4", offset: 4, total: 10, complete: false },
    ]);
    expect(await standing("a.mp4")).toEqual(["4", "10", "?0"]);
    expect(await (await get("a.mp4")).text()).toBe("before");
    for (const [from, to, total] of [
      [5, 7, 10],
      [3, 7, 10],
      [4, 7, 11],
    ] as const)
      expect(await refusalOf(await put("a.mp4", pieceOf(from, to, total)))).toBe(
        "409 UploadConflict",
      );
    expect((await put("a.mp4", pieceOf(4, 7))).status).toBe(202);
    expect((await put("a.mp4", pieceOf(7, 10))).status).toBe(200);
    expect(await readFile(join(app.root, "a.mp4"))).toEqual(DIGITS);
    expect(await standing("a.mp4")).toEqual(["10", "10", "?1"]);
    expect(await filesOf(app.root)).toEqual(["a.mp4"]);
    expect(await refusalOf(await put("a.mp4", pieceOf(4, 7)))).toBe("409 UploadConflict");
  });

  test("is on the list of what is cleared up from its beginning on, and goes by that alone", async () => {
    const noted: string[] = [];
    const forgotten: string[] = [];
    const note = async (url: string, id: string) => {
      noted.push(`${url} ${id}`);
      return async () => void forgotten.push(url);
    };
    const noting = await anApp({ media: { ...app.ports.media, note } as never });
    Object.assign(app, { call: noting.call });
    for (const piece of [pieceOf(0, 4), pieceOf(4, 6)]) await put("a.mp4", piece);
    await put("b.mp4", pieceOf(0, 4));
    const ids = noted.map((each) => each.split(" ")[1] ?? "");
    expect(noted).toEqual([`a.mp4 ${ids[0]}`, `b.mp4 ${ids[1]}`]);
    const [storage] = app.ports.storages as [FileStorage];
    const conditions = { mayTidy: async () => {}, signal: new AbortController().signal };
    const sweep = (id = "") =>
      storage.sweep("a.mp4", { stem: tagStemOf(id), attempt: 1 }, conditions);
    await sweep(ids[1]);
    expect(await standing("a.mp4")).toEqual(["6", "10", "?0"]);
    await sweep(ids[0]);
    expect(await standing("a.mp4")).toBe(404);
    expect(await refusalOf(await put("a.mp4", pieceOf(6, 10)))).toBe("409 UploadConflict");
    expect(await standing("b.mp4")).toEqual(["4", "10", "?0"]);
    await whole("c.mp4", "c");
    expect(forgotten).toEqual(["c.mp4"]);
  });

  test("begins anew with the first piece, and keeps the uploads of clients apart", async () => {
    await put("a.mp4", pieceOf(0, 4));
    await put("a.mp4", pieceOf(0, 2, 9));
    expect(await standing("a.mp4")).toEqual(["2", "9", "?0"]);
    expect(await standing("a.mp4", CLIENTS.bob)).toBe(404);
    await put("a.mp4", { ...pieceOf(0, 5), as: CLIENTS.bob });
    expect(await standing("a.mp4")).toEqual(["2", "9", "?0"]);
    expect(await filesOf(app.root)).toHaveLength(2);
  });

  test("holds a piece against its digest, which the strong checksum covers", async () => {
    const right = pieceOf(0, 4);
    const digest = digestOf(right.body);
    const strong = { form: "hmac-sha256", as: CLIENTS.zoe } as const;
    const headers = { ...right.headers, "Content-Digest": digest };
    expect((await put("a.mp4", { ...right, ...strong, headers })).status).toBe(202);
    const next = pieceOf(4, 8);
    const wrong = { ...next, headers: { ...next.headers, "Content-Digest": digest } };
    expect(await refusalOf(await put("a.mp4", { ...wrong, ...strong }))).toBe(
      "401 AuthenticationFailed",
    );
    expect((await put("b.mp4", pieceOf(0, 4))).status).toBe(202);
    expect(await refusalOf(await put("b.mp4", wrong))).toBe("400 InvalidParameterException");
    expect(await standing("b.mp4")).toEqual(["4", "10", "?0"]);
    // Without a digest a short body is read for the checksum, as of every other call.
    expect((await put("a.mp4", { ...next, ...strong })).status).toBe(202);
    expect((await put("a.mp4", { ...pieceOf(8, 10), ...strong })).status).toBe(200);
    expect(await readFile(join(app.root, "a.mp4"))).toEqual(DIGITS);
    const long = { ...strong, body: Buffer.alloc(2 ** 21) };
    expect(await refusalOf(await put("c.mp4", long))).toBe("413 RequestTooLarge");
  });

  test.each([
    ["bytes 0-3/10", "7"],
    ["bytes 3-2/10", "4"],
    ["bytes 0-3/*", "4"],
    ["bytes 8-11/10", "4"],
    ["0-3/10", "4"],
  ])("refuses the Content-Range %p of %s bytes", async (range, length) => {
    const headers = { "Content-Range": range, "Content-Length": length };
    const answer = await put("a.mp4", { body: Buffer.alloc(Number(length)), headers });
    expect(await refusalOf(answer)).toBe("400 InvalidParameterException");
    expect(await filesOf(app.root)).toEqual([]);
  });

  test("keeps what came of a piece that broke off, unless it has a digest", async () => {
    for (const [path, headers, kept] of [
      ["a.mp4", {}, "3"],
      ["b.mp4", { "Content-Digest": digestOf(DIGITS) }, "0"],
    ] as const) {
      const request = { ...pieceOf(0, 10), body: DIGITS.subarray(0, 3) };
      const all = { ...request.headers, ...headers };
      const answer = await put(path, { ...request, headers: all });
      expect(await refusalOf(answer)).toBe("400 InvalidParameterException");
      expect(await standing(path)).toEqual([kept, "10", "?0"]);
    }
    expect((await put("a.mp4", pieceOf(3, 10))).status).toBe(200);
    expect(await readFile(join(app.root, "a.mp4"))).toEqual(DIGITS);
  });

  test("is refused where the disk has no room, and goes on when it has", async () => {
    let room = 3;
    const media = { ...app.ports.media, roomBytes: async () => room } as never;
    const full = await anApp({ media });
    Object.assign(app, { call: full.call });
    const answer = await put("a.mp4", pieceOf(0, 4));
    expect(answer.headers.get("Retry-After")).toBe("60");
    expect(await refusalOf(answer)).toBe("507 InsufficientStorage");
    expect(await standing("a.mp4")).toEqual(["0", "10", "?0"]);
    room = 10;
    expect((await put("a.mp4", pieceOf(0, 10))).status).toBe(200);
  });

  test("is refused for a file that is too large, and in a place that cannot be written", async () => {
    const large = await anApp({ media: { ...app.ports.media, sizeBytesMax: 9 } as never });
    const options = { method: "PUT", ...pieceOf(0, 4) };
    expect(await refusalOf(await large.call(`${MEDIA}/a.mp4`, options))).toBe(
      "413 RequestTooLarge",
    );
    await mkdir(join(app.root, "folder"));
    await writeFile(join(app.root, "file"), "");
    for (const path of ["folder", "file/a.mp4"])
      expect(await refusalOf(await put(path, pieceOf(0, 4)))).toBe("403 AccessDenied");
  });

  test("ends an older call to the same place, whose caller has gone without a word", async () => {
    const hanging = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(DIGITS.subarray(0, 2)),
    });
    const first = put("a.mp4", { ...pieceOf(0, 10) });
    expect((await first).status).toBe(200);
    const { files, upload } = filesAndUpload(hanging);
    const older = files.upload(upload).catch(({ code }: { code: string }) => code);
    await eventually(async () => ((await standing("b.mp4")) === 404 ? undefined : true));
    hanging.cancel().catch(() => {});
    expect((await put("b.mp4", pieceOf(0, 10))).status).toBe(200);
    expect(await older).toBe("upload_conflict");
    expect(await readFile(join(app.root, "b.mp4"))).toEqual(DIGITS);
  });
});

/** An upload of ada's of `b.mp4`, of which these bytes come. */
function filesAndUpload(bytes: ReadableStream<Uint8Array>) {
  const files = app.ports.media?.of(null) ?? expect.unreachable();
  const upload = {
    ...{ url: "b.mp4", clientCode: "ada", startByte: 0, endByte: 10, totalBytes: 10, bytes },
    signal: new AbortController().signal,
    roomBytes: async () => 1e9,
    onBegin: async () => {},
  };
  return { files, upload };
}

describe("a client with folders of its own", () => {
  test("puts files in there alone, and reads no other's", async () => {
    const { own, other, root } = await walledApp();
    const places = async (as: Client) => (await app.call(MEDIA, { as })).json();
    expect(await places(own)).toMatchObject({ writable: ["own/"], readable: ["own/"] });
    expect(await places(other)).toMatchObject({ writable: ["other/", "shared/"] });
    expect(await places(CLIENTS.ada)).toMatchObject({ writable: [""], readable: [""] });
    expect((await whole("own/a.mp4", "mine", own)).status).toBe(200);
    const absolute = encodeURIComponent(join(root, "own/a.mp4"));
    expect(await (await get(absolute, {}, own)).text()).toBe("mine");
    await mkdir(join(root, "other"));
    await symlink(join(root, "other"), join(root, "own/link"));
    await writeFile(join(root, "other/secret.mp4"), "theirs");
    for (const path of [
      "other/secret.mp4",
      "own%2F..%2Fother%2Fsecret.mp4",
      "own/link/secret.mp4",
      encodeURIComponent(join(root, "other/secret.mp4")),
      encodeURIComponent(`file:${root}/other/secret.mp4`),
      "own",
      "%2Fetc%2Fhostname",
    ]) {
      expect([path, await refusalOf(await whole(path, "x", own))]).toEqual([
        path,
        "403 AccessDenied",
      ]);
      expect([path, await refusalOf(await get(path, {}, own))]).toEqual([path, "403 AccessDenied"]);
      expect(await standing(path, own)).toBe(403);
    }
    expect(await filesOf(root)).toEqual([
      "other/secret.mp4",
      "own/a.mp4",
      "own/link",
      "own/link/secret.mp4",
    ]);
    expect(await readFile(join(root, "other/secret.mp4"), "utf8")).toBe("theirs");
  });

  test("writes into no folder that has taken the place of its own meanwhile", async () => {
    const { own, other, root } = await walledApp();
    await mkdir(join(root, "other"));
    await mkdir(join(root, "own"));
    await put("own/a.mp4", { ...pieceOf(0, 4), as: own });
    await rename(join(root, "own"), join(root, "shared"));
    await symlink(join(root, "other"), join(root, "own"));
    expect(await refusalOf(await put("own/a.mp4", { ...pieceOf(4, 10), as: own }))).toBe(
      "403 AccessDenied",
    );
    expect(await filesOf(join(root, "other"))).toEqual([]);
    expect(await standing("shared/a.mp4", other)).toBe(404);
  });
});
