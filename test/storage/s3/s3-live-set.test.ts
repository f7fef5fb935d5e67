import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { TaskError } from "../../../src/task/errors.ts";
import { aSegment, playlistOf } from "../../contract/live-sets.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { freely } from "../../fixtures/freely.ts";
import { ofFile } from "../../fixtures/of-file.ts";
import { refused, startS3Server } from "../../fixtures/s3-server.ts";
import { hastyS3Storage, keysBelow, objectText, openUploads } from "../../fixtures/s3-storage.ts";

// A real server on a busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const NAME = "pontus.t-1.00000-00001.ts";
const TEXT = playlistOf("a", [NAME], true);
/** Two parts. */
const large = new Uint8Array(9 << 20);

const server = await ofFile(startS3Server());
const storage = hastyS3Storage(server);
const segment = await aSegment(tempFolder(), "segment");

let folders = 0;

/** A folder of its own in the store. */
const aFolder = () => `live-${++folders}`;

const addressOf = (key: string) => `s3://${server.bucket}/${key}`;

/** Writes an object, or begins an upload, as another client would. */
const put = (key: string, body: string) => server.fetch(`/${key}`, { method: "PUT", body });
const begin = (key: string) => server.fetch(`/${key}?uploads=`, { method: "POST" });

describe("S3Storage.prototype.openLiveSet", () => {
  test("takes away what a crash left of the playlist", async () => {
    const folder = aFolder();
    for (const left of ["a.m3u8", "a.m3u8.other"]) await begin(`${folder}/${left}`);
    await storage.openLiveSet(addressOf(`${folder}/a.m3u8`), freely("t-1"));
    expect(await openUploads(server, folder)).toEqual([`${folder}/a.m3u8.other`]);
  });

  test("says what its objects are, however the target is called", async () => {
    const folder = aFolder();
    const set = await storage.openLiveSet(addressOf(`${folder}/now`), freely("t-1"));
    await set.add(segment, NAME);
    await set.list(TEXT, false);
    const types = [`now.segments/${NAME}`, "now"].map(async (name) => {
      const { headers } = await server.fetch(`/${folder}/${name}`, { method: "HEAD" });
      return [headers.get("content-type"), headers.get("x-amz-meta-pontus-tag")];
    });
    expect(await Promise.all(types)).toEqual([
      ["video/mp2t", "t-1"],
      ["application/vnd.apple.mpegurl", "t-1"],
    ]);
  });

  test("leaves no parts of a segment that is refused or stopped, and takes it later", async () => {
    const folder = aFolder();
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const path = await aSegment(tempFolder(), large);
    const url = addressOf(`${folder}/a.m3u8`);
    const isPart = ({ path: at, query }: { path: string; query: URLSearchParams }) =>
      at.includes(folder) && query.get("partNumber") === "2";
    const set = await storage.openLiveSet(url, freely("t-1", { signal: abort.signal }));

    server.next(isPart, [refused(403, "AccessDenied")]);
    expect((await failureOf(set.add(path, NAME))).code).toBe("target_unwritable");
    expect(await openUploads(server, folder)).toEqual([]);
    await set.add(path, NAME);
    expect(await keysBelow(server, folder)).toEqual([`${folder}/a/${NAME}`]);

    server.next(isPart, [() => abort.abort(reason)]);
    expect(await failureOf(set.add(path, NAME))).toBe(reason as TaskError);
    expect(await openUploads(server, folder)).toEqual([]);
  });

  test("keeps the old playlist where the store refuses the new one, and takes it later", async () => {
    const folder = aFolder();
    const key = `${folder}/a.m3u8`;
    await put(key, "old");
    const set = await storage.openLiveSet(addressOf(key), freely("t-1"));
    const isPut = ({ method, path }: { method: string; path: string }) =>
      method === "PUT" && path.endsWith(key);
    server.next(isPut, [refused(403, "QuotaExceeded")]);
    expect((await failureOf(set.list(TEXT, true))).code).toBe("target_full");
    expect(await objectText(server, key)).toBe("old");
    await set.list(TEXT, true);
    expect(await objectText(server, key)).toBe(TEXT);
  });

  test("removes with the last playlist what our sets left, and no stranger's object", async () => {
    const folder = aFolder();
    const url = addressOf(`${folder}/a.m3u8`);
    await put(`${folder}/a/pontus.t-0.00000.ts`, "old");
    await put(`${folder}/a/thumbnails.vtt`, "pontus.t-0.sprite.jpg#xywh=0,0,1,1\n");
    const others = ["a/holiday.ts", "a/manifest.mpd", "a2/pontus.t-0.00000.ts"];
    for (const name of others) await put(`${folder}/${name}`, "a stranger's");
    const set = await storage.openLiveSet(url, freely("t-1"));
    await set.add(segment, NAME);
    await set.list(TEXT, false);
    expect(await keysBelow(server, folder)).toHaveLength(7);
    await set.list(TEXT, true);
    const left = [...others, "a.m3u8", `a/${NAME}`].map((name) => `${folder}/${name}`);
    expect(await keysBelow(server, folder)).toEqual(left.sort());
  });

  test("ends well where nothing may be removed", async () => {
    const folder = aFolder();
    const old = `${folder}/a/pontus.t-0.00000.ts`;
    await put(old, "old");
    const set = await storage.openLiveSet(addressOf(`${folder}/a.m3u8`), freely("t-1"));
    await set.add(segment, NAME);
    server.next(
      ({ method, path }) => method === "DELETE" && path.endsWith(old),
      [refused(403, "AccessDenied")],
    );
    await set.list(TEXT, true);
    expect(await objectText(server, old)).toBe("old");
    // Nor does a list that is refused.
    server.next(
      ({ query }) => query.get("prefix")?.startsWith(folder) === true,
      [refused(403, "AccessDenied")],
    );
    await set.list(TEXT, true);
    expect(await objectText(server, `${folder}/a.m3u8`)).toBe(TEXT);
  });
});
