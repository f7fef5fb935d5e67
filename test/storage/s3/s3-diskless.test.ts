import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { bytesOf, disklessContract } from "../../contract/diskless-storage.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { ofFile } from "../../fixtures/of-file.ts";
import { refused, startS3Server } from "../../fixtures/s3-server.ts";
import {
  aDisklessS3Bench,
  hastyS3Storage,
  keysBelow,
  openUploads,
} from "../../fixtures/s3-storage.ts";

// A real server on a busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const server = await ofFile(startS3Server());

disklessContract("S3Storage", async () => aDisklessS3Bench(server), { describe, test, expect });

const film = bytesOf(20_000_000);

const openWriter = (key: string, isSet = false, tag = "t-1") =>
  hastyS3Storage(server).write(`s3://${server.bucket}/${key}`, {
    tag,
    entry: isSet ? "out.m3u8" : "out.mp4",
    isSet,
    mayPublish: async () => {},
    mayTidy: async () => {},
    signal: new AbortController().signal,
  });

describe("S3Storage.prototype.write", () => {
  test("sends parts of one size while the file grows", async () => {
    const writer = await openWriter("parts.mp4");
    for (let at = 0; at < film.length; at += 700_000)
      await writer.write("out.mp4", film.slice(at, at + 700_000));
    expect(await openUploads(server, "parts.mp4")).toEqual(["parts.mp4"]);
    await writer.close("out.mp4");
    await writer.publish(new Map());
    const sizes = server.asked.flatMap((asked, index) =>
      /parts\.mp4\?partNumber/.test(asked) ? [server.heads[index]?.["content-length"]] : [],
    );
    expect(sizes).toEqual(["8388608", "8388608", String(film.length - 2 * 8_388_608)]);
    const answer = await server.fetch("/parts.mp4", { method: "HEAD" });
    expect(answer.headers.get("content-type")).toBe("video/mp4");
    expect(await openUploads(server, "parts.mp4")).toEqual([]);
  });

  test("sends a part again that was refused, and tells where it cannot", async () => {
    const isPart =
      (key: string) =>
      ({ path, query }: { path: string; query: URLSearchParams }) =>
        path.endsWith(key) && query.get("partNumber") === "1";
    server.next(isPart("again.mp4"), [refused(503, "SlowDown")]);
    const again = await openWriter("again.mp4");
    await again.write("out.mp4", film);
    await again.publish(new Map());
    expect(await keysBelow(server, "again.mp4")).toEqual(["again.mp4"]);

    server.next(isPart("never.mp4"), [refused(403, "AccessDenied")]);
    const never = await openWriter("never.mp4");
    const error = await taskErrorOf(
      never.write("out.mp4", film).then(() => never.publish(new Map())),
    );
    expect([error.code, error.message]).toEqual([
      "target_unwritable",
      `Cannot write the target "s3://${server.bucket}/never.mp4": access is denied (AccessDenied)`,
    ]);
    await never.discard();
    expect(await openUploads(server, "never.mp4")).toEqual([]);
    expect(await keysBelow(server, "never.mp4")).toEqual([]);
  });

  test("removes the segments of the set that is replaced, and those of one that is discarded", async () => {
    const texts = new Map([["out.m3u8", "#EXTM3U\n#EXTINF:2.0,\nout/0.ts\n#EXT-X-ENDLIST\n"]]);
    for (const tag of ["t-1", "t-2", "t-3"]) {
      const writer = await openWriter("set/a.m3u8", true, tag);
      await writer.write("0.ts", Buffer.from(tag));
      await writer.close("0.ts");
      if (tag === "t-3") await writer.discard();
      else await writer.publish(texts);
    }
    expect(await keysBelow(server, "set/")).toEqual(["set/a.m3u8", "set/a/pontus.t-2.0.ts"]);
  });
});
