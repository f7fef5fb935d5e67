import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { TaskError } from "../../../src/task/errors.ts";
import { aSegment, playlistOf } from "../../contract/live-sets.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { freely } from "../../fixtures/freely.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import { startMediaServer, status } from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const NAME = "pontus.t-1.00000-00001.ts";
const TEXT = playlistOf("a", [NAME], true);

const storage = hastyHttpStorage(10_000);

const server = await ofFile(startMediaServer());
const segment = await aSegment(tempFolder(), "segment");

let folders = 0;

/** A folder of its own on the server. */
const aFolder = () => `/live-${++folders}`;

const askedBelow = (folder: string) =>
  server.asked
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ method, path }) => `${method} ${path.slice(folder.length)}`);

describe("HttpStorage.prototype.openLiveSet", () => {
  test("sends nothing before it has a segment", async () => {
    const folder = aFolder();
    await storage.openLiveSet(server.url(`${folder}/a.m3u8`), freely("t-1"));
    expect(askedBelow(folder)).toEqual([]);
  });

  test("sends all by PUT with the address's query and their types, and takes nothing away", async () => {
    const folder = aFolder();
    server.files.set(`${folder}/a/pontus.t-0.00000.ts`, Buffer.from("old"));
    const set = await storage.openLiveSet(server.url(`${folder}/a.m3u8?key=1`), freely("t-1"));
    await set.add(segment, NAME);
    await set.list(TEXT, true);
    expect(askedBelow(folder)).toEqual([`PUT /a/${NAME}?key=1`, "PUT /a.m3u8?key=1"]);
    const types = server.asked.slice(-2).map(({ headers }) => headers["content-type"]);
    expect(types).toEqual(["video/mp2t", "application/vnd.apple.mpegurl"]);
    expect(server.files.get(`${folder}/a/${NAME}`)?.toString()).toBe("segment");
    expect(server.files.get(`${folder}/a.m3u8`)?.toString()).toBe(TEXT);
    expect(server.files.has(`${folder}/a/pontus.t-0.00000.ts`)).toBe(true);
  });

  test("sends all by POST where the scheme says so", async () => {
    const folder = aFolder();
    const url = server.url(`${folder}/now`).replace("http:", "http+post:");
    expect(storage.folderOf(url)).toBe("now.segments");
    const set = await storage.openLiveSet(url, freely("t-1"));
    await set.add(segment, NAME);
    await set.list(TEXT, true);
    expect(askedBelow(folder)).toEqual([`POST /now.segments/${NAME}`, "POST /now"]);
    expect(server.asked.at(-1)?.headers["content-type"]).toBe("application/vnd.apple.mpegurl");
  });

  const refusals = [
    [403, "target_unwritable", "access is forbidden"],
    [507, "target_full", "no space is left there"],
  ] as const;
  test.each(refusals)("says what %d means, and sends it again when asked", async (...refusal) => {
    const [answer, code, state] = refusal;
    const folder = aFolder();
    const set = await storage.openLiveSet(server.url(`${folder}/a.m3u8`), freely("t-1"));
    const sendings = [
      { at: `${folder}/a/${NAME}`, send: () => set.add(segment, NAME) },
      { at: `${folder}/a.m3u8`, send: () => set.list(TEXT, true) },
    ];
    for (const { at, send } of sendings) {
      server.next(at, [status(answer)]);
      const error = await failureOf(send());
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(state)]);
      expect(server.files.has(at)).toBe(false);
      await send();
      expect(server.files.has(at)).toBe(true);
    }
  });

  test("asks for leave before each sending of a playlist", async () => {
    const folder = aFolder();
    let calls = 0;
    const mayPublish = async () => void calls++;
    const set = await storage.openLiveSet(
      server.url(`${folder}/a.m3u8`),
      freely("t-1", { mayPublish }),
    );
    server.next(`${folder}/a/${NAME}`, [status(503)]);
    server.next(`${folder}/a.m3u8`, [status(503)]);
    await set.add(segment, NAME);
    expect(calls).toBe(0);
    await set.list(TEXT, false);
    expect(calls).toBe(2);
    expect(askedBelow(folder)).toHaveLength(4);
  });

  test("ends with the reason of a signal while it sends", async () => {
    const folder = aFolder();
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const options = freely("t-1", { signal: abort.signal });
    const set = await storage.openLiveSet(server.url(`${folder}/a.m3u8`), options);
    server.next(`${folder}/a/${NAME}`, [() => abort.abort(reason)]);
    expect(await failureOf(set.add(segment, NAME))).toBe(reason as TaskError);
    expect(askedBelow(folder)).toHaveLength(1);
  });
});
