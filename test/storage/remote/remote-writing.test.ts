import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ANY_TRANSFER } from "../../../src/net/transfer-budget.ts";
import { RemoteLiveSet } from "../../../src/storage/remote/remote-live-set.ts";
import { PART_BYTES, RemoteSender } from "../../../src/storage/remote/remote-sender.ts";
import type { RemoteTarget } from "../../../src/storage/remote/remote-target.ts";
import { RemoteWriter } from "../../../src/storage/remote/remote-writer.ts";
import { deliverFiles } from "../../../src/storage/remote/send-set.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { aSegment } from "../../contract/live-sets.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { aSet } from "../../fixtures/finished.ts";
import { type MemoryTarget, memoryTarget } from "../../fixtures/remote-target.ts";

// Real files on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const OLD = "pontus.t-0.00000.ts";
const passing = () => new TaskError("target_unreachable", "Cannot write the target: it is away");
const refusal = new TaskError("target_unwritable", "Cannot write the target: it is closed");

/** Conditions whose gate is noted among what is asked of the target. */
const noting = ({ asked }: MemoryTarget) => ({
  tag: "t-1",
  mayPublish: async () => void asked.push("gate"),
  mayTidy: async () => void asked.push("tidy"),
  signal: new AbortController().signal,
  retries: { failuresMax: 3, firstWaitMs: 1 },
  transfer: ANY_TRANSFER,
});

const senderTo = (memory: MemoryTarget) => new RemoteSender(memory.target, noting(memory));

/** A writer of a set whose texts are two playlists and a track of pictures, with one segment sent. */
async function writtenSet(memory: MemoryTarget): Promise<() => Promise<void>> {
  const options = { ...noting(memory), entry: "out.m3u8", isSet: true, isNew: false };
  const writer = new RemoteWriter(memory.target, options);
  await writer.write("0.ts", Buffer.from("one"));
  await writer.close("0.ts");
  const texts = new Map([
    ["out.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nout/video.m3u8\n"],
    ["audio.m3u8", "#EXTM3U\n#EXTINF:2.0,\n0.ts\n#EXT-X-ENDLIST\n"],
    ["video.m3u8", "#EXTM3U\n#EXTINF:2.0,\n0.ts\n#EXT-X-ENDLIST\n"],
    ["thumbnails.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\n0.ts#xywh=0,0,1,1\n"],
  ]);
  return async () => {
    try {
      await writer.publish(texts);
    } catch (error) {
      await writer.discard();
      throw error;
    }
  };
}

const SHOWN = ["gate", "put thumbnails.vtt", "gate", "put entry"];

describe("deliverFiles", () => {
  test("asks once for the segments, then for what is visible, the entry last, then removes", async () => {
    const memory = memoryTarget({ listing: true });
    memory.files.set(OLD, Buffer.from("old"));
    const set = await aSet(tempFolder(), ["one"]);
    await deliverFiles(senderTo(memory), set);
    expect(memory.asked).toEqual([
      ...["gate", "put pontus.t-1.00000.ts", "list", "read thumbnails.vtt", "read manifest.mpd"],
      ...["gate", "put entry", "tidy", `remove ${OLD}`],
    ]);
    expect([...memory.files.keys()].sort()).toEqual(["entry", "pontus.t-1.00000.ts"]);
  });

  test("removes what it sent of a set that fails, and asks for nothing more", async () => {
    const memory = memoryTarget({ listing: true });
    memory.files.set(OLD, Buffer.from("old"));
    memory.failures.set("put entry", refusal);
    const set = await aSet(tempFolder(), ["one"]);
    expect(await failureOf(deliverFiles(senderTo(memory), set))).toBe(refusal);
    expect([...memory.files.keys()]).toEqual([OLD]);
  });

  test("sends parts again alone, asks right before the last step, and takes back what fails", async () => {
    const memory = memoryTarget({ parts: true });
    const entry = join(tempFolder(), "out.mp4");
    await writeFile(entry, Buffer.alloc(PART_BYTES + 1, 7));
    memory.failures.set("part 2", passing());
    memory.failures.set("complete entry", passing());
    await deliverFiles(senderTo(memory), { entry });
    const parts = memory.asked.filter((what) => what.startsWith("part"));
    expect(parts.sort()).toEqual(["part 1", "part 2", "part 2"]);
    expect(memory.asked.filter((what) => !what.startsWith("part"))).toEqual([
      ...["sweep", "begin entry", "gate", "complete entry", "gate", "complete entry"],
    ]);
    expect(memory.files.get("entry")?.length).toBe(PART_BYTES + 1);
    memory.failures.set("part 1", refusal);
    expect(await failureOf(deliverFiles(senderTo(memory), { entry }))).toBe(refusal);
    expect(memory.asked.at(-1)).toBe("abort entry");
  });

  test("sends nothing more when it is stopped while it asks", async () => {
    const memory = memoryTarget({});
    const stop = new AbortController();
    const reason = new Error("cancelled");
    const mayPublish = async () => stop.abort(reason);
    const options = { ...noting(memory), mayPublish, signal: stop.signal };
    const entry = join(tempFolder(), "out.mp4");
    await writeFile(entry, "film");
    const delivery = deliverFiles(new RemoteSender(memory.target, options), { entry });
    await expect(delivery).rejects.toBe(reason);
    expect(memory.asked).toEqual([]);
  });

  test("sends no more than a thousand parts, however large a file is", async () => {
    const memory = memoryTarget({ parts: true });
    const sizeBytes = 2_500 * PART_BYTES;
    const read = async function* () {};
    await senderTo(memory).send({ name: "out.mp4", sizeBytes, read }, undefined, async () => {});
    expect(memory.asked.filter((what) => what.startsWith("part"))).toHaveLength(1_000);
  });
});

describe("RemoteWriter", () => {
  test("shows a set in the order of a delivery, and removes what it replaces", async () => {
    const memory = memoryTarget({ listing: true });
    memory.files.set(OLD, Buffer.from("old"));
    const publish = await writtenSet(memory);
    await publish();
    expect(memory.asked).toEqual([
      "put pontus.t-1.0.ts",
      ...["put pontus.t-1.audio.m3u8", "put pontus.t-1.video.m3u8"],
      ...["list", "read manifest.mpd", ...SHOWN, "tidy", `remove ${OLD}`],
    ]);
  });

  test("takes back by name where nothing is listed, but not what a reader may have", async () => {
    const memory = memoryTarget({});
    memory.failures.set("put pontus.t-1.video.m3u8", refusal);
    const hidden = await writtenSet(memory);
    expect(await failureOf(hidden())).toBe(refusal);
    expect([...memory.files.keys()]).toEqual([]);
    memory.failures.set("put entry", refusal);
    const shown = await writtenSet(memory);
    expect(await failureOf(shown())).toBe(refusal);
    expect(memory.files.has("pontus.t-1.0.ts")).toBe(true);
  });

  test("shows nothing of a set whose last segment could not be sent", async () => {
    const memory = memoryTarget({});
    memory.failures.set("put pontus.t-1.0.ts", refusal);
    const publish = await writtenSet(memory);
    expect(await failureOf(publish())).toBe(refusal);
    expect([...memory.files.keys()]).toEqual([]);
  });

  test("sends four segments at once, holds up the next, and ends them all when it is given up", async () => {
    const memory = memoryTarget({});
    const hanging: AbortSignal[] = [];
    const put: RemoteTarget["put"] = async (_file, _at, { signal }) => {
      hanging.push(signal);
      await once(signal, "abort");
      signal.throwIfAborted();
    };
    const options = { ...noting(memory), entry: "out.m3u8", isSet: true, isNew: false };
    const writer = new RemoteWriter({ ...memory.target, put }, options);
    for (const name of ["0.ts", "1.ts", "2.ts"]) await writer.close(name);
    const fourth = writer.close("3.ts");
    expect(await Promise.race([fourth, wait(20, "held up")])).toBe("held up");
    expect(hanging).toHaveLength(4);
    await writer.discard();
    await expect(fourth).rejects.toThrow();
  });

  test("says of a large file what its target says", async () => {
    const memory = memoryTarget({});
    const put = () => Promise.reject(new Error("cut"));
    const target = { ...memory.target, put, failure: () => refusal };
    const options = { ...noting(memory), entry: "out.mp4", isSet: false, isNew: true };
    const writer = new RemoteWriter(target, options);
    expect(await failureOf(writer.write("out.mp4", Buffer.alloc(PART_BYTES + 1)))).toBe(refusal);
  });

  test("counts what its target takes of a large file in parts", async () => {
    const memory = memoryTarget({ parts: true });
    const conditions = { ...noting(memory), transfer: { ...ANY_TRANSFER, waitMs: -1 } };
    const options = { ...conditions, entry: "out.mp4", isSet: false, isNew: true };
    const writer = new RemoteWriter(memory.target, options);
    const write = async () => {
      await writer.write("out.mp4", Buffer.alloc(PART_BYTES + 1));
      await writer.publish(new Map());
    };
    await expect(write()).rejects.toMatchObject({ kind: "slow" });
    await writer.discard();
    expect(memory.asked.at(-1)).toBe("abort entry");
  });

  test("does not end a large file when it is stopped while it asks", async () => {
    const memory = memoryTarget({});
    const stop = new AbortController();
    const reason = new Error("cancelled");
    const mayPublish = async () => stop.abort(reason);
    const conditions = { ...noting(memory), mayPublish, signal: stop.signal };
    const options = { ...conditions, entry: "out.mp4", isSet: false, isNew: true };
    const writer = new RemoteWriter(memory.target, options);
    await writer.write("out.mp4", Buffer.alloc(PART_BYTES + 1));
    await expect(writer.publish(new Map())).rejects.toBe(reason);
    expect([...memory.files.keys()]).toEqual([]);
  });

  test.each([true, false])("removes half a file if there was none before: %p", async (isNew) => {
    const memory = memoryTarget({});
    const options = { ...noting(memory), entry: "out.mp4", isSet: false, isNew };
    const writer = new RemoteWriter(memory.target, options);
    await writer.write("out.mp4", Buffer.alloc(PART_BYTES + 1));
    await writer.discard();
    const removed = ["put entry", "tidy", "remove entry"];
    expect(memory.asked).toEqual(isNew ? removed : ["put entry"]);
  });

  test("leaves what lies at the target alone once it has lost its lease", async () => {
    const memory = memoryTarget({});
    const mayTidy = () => Promise.reject(new Error("lease lost"));
    const conditions = { ...noting(memory), mayTidy };
    const options = { ...conditions, entry: "out.mp4", isSet: false, isNew: true };
    const writer = new RemoteWriter(memory.target, options);
    await writer.write("out.mp4", Buffer.alloc(PART_BYTES + 1));
    await writer.discard();
    expect(memory.asked).toEqual(["put entry"]);
  });
});

describe("RemoteLiveSet", () => {
  test("asks before each playlist alone, and removes with the last one", async () => {
    const memory = memoryTarget({ listing: true });
    memory.files.set(OLD, Buffer.from("old"));
    const set = new RemoteLiveSet(senderTo(memory));
    const name = "pontus.t-1.00000-00001.ts";
    await set.add(await aSegment(tempFolder(), "one"), name);
    await set.list(`folder/${name}`, false);
    expect(memory.asked).toEqual([`put ${name}`, "gate", "put entry"]);
    await set.add(await aSegment(tempFolder(), `pontus.t-1.`), "manifest.mpd");
    memory.files.set("thumbnails.vtt", Buffer.from("pontus.t-0.sprite.jpg#xywh=0,0,1,1"));
    await set.list(`folder/${name}`, true);
    expect([...memory.files.keys()].sort()).toEqual(["entry", "manifest.mpd", name]);
  });
});
