import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProbeRequest } from "../../../src/engine/engine.ts";
import type { NativeEngine, NativeEngineOptions } from "../../../src/engine/native/native.ts";
import { isAlive, type ProcessIdentity } from "../../../src/lib/process-identity.ts";
import { badSource } from "../../fixtures/bad-sources.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { eventually } from "../../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const engines: NativeEngine[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

/** An engine whose ffprobe stands by, and the folder that it does so in. */
async function standingBy(
  options: Partial<NativeEngineOptions> = {},
): Promise<{ engine: NativeEngine; folder: string }> {
  const engine = await openNative(options);
  const folder = tempFolder();
  engines.push(engine);
  await engine.standBy(folder);
  return { engine, folder };
}

/** The process that stands by. */
function standbyIn(folder: string): ProcessIdentity | undefined {
  const note = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) =>
    /encoder-\d+\.json$/.test(path),
  );
  return note === undefined
    ? undefined
    : (JSON.parse(readFileSync(join(folder, note), "utf8")) as ProcessIdentity);
}

const alive = (folder: string) =>
  eventually(() => {
    const standby = standbyIn(folder);
    return standby && isAlive(standby) ? standby : undefined;
  });

describe("a ffprobe that stands by", () => {
  test("reads a source as one does that is started for it", async () => {
    const path = await clip();
    const { engine, folder } = await standingBy();
    const first = await alive(folder);
    const cold = await (await openNative()).probe({ path, side: "source" }, never);
    expect(await engine.probe({ path, side: "source" }, never)).toEqual(cold);
    expect(isAlive(first)).toBe(false);
  });

  test("is followed by another, and there is never more than one", async () => {
    const { engine, folder } = await standingBy();
    const first = await alive(folder);
    const path = await clip();
    await Promise.all([1, 2, 3].map(() => engine.probe({ path, side: "source" }, never)));
    const second = await alive(folder);
    expect(second.pid).not.toBe(first.pid);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("is followed by none where there is a single task", async () => {
    const [one, many] = [await standingBy({ isForOne: true }), await standingBy()];
    const [, before] = [await alive(one.folder), await alive(many.folder)];
    const path = await clip();
    for (const { engine } of [one, many]) await engine.probe({ path, side: "source" }, never);
    const isAnother = () => alive(many.folder).then(({ pid }) => pid !== before.pid || undefined);
    await eventually(isAnother);
    expect(readdirSync(one.folder)).toEqual([]);
  });

  test("judges a bad source as any other does", async () => {
    const { engine, folder } = await standingBy();
    await alive(folder);
    const path = await badSource("text");
    const error = await taskErrorOf(engine.probe({ path, side: "source" }, never));
    expect(error.code).toBe("source_not_media");
  });

  test("that was killed meanwhile is not missed", async () => {
    const { engine, folder } = await standingBy();
    const standby = await alive(folder);
    process.kill(standby.pid, "SIGKILL");
    const path = await clip();
    const media = await eventually(() =>
      engine.probe({ path, side: "source" }, never).catch(() => undefined),
    );
    expect(media.video?.codec).toBe("h264");
  });

  test("ends with the signal of its probe, for the signal's reason", async () => {
    const { engine, folder } = await standingBy();
    const standby = await alive(folder);
    const abort = new AbortController();
    const probe = engine.probe({ path: await clip(), side: "source" }, abort.signal);
    abort.abort(new Error("enough"));
    expect(await probe.catch((error: Error) => error.message)).toBe("enough");
    expect(isAlive(standby)).toBe(false);
  });

  test("is gone when the engine is closed, with its folder", async () => {
    const { engine, folder } = await standingBy();
    const standby = await alive(folder);
    await engine.close();
    expect(isAlive(standby)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of a dead instance is ended as its encoders are", async () => {
    const { engine, folder } = await standingBy();
    const standby = await alive(folder);
    expect(await engine.endOrphans(folder)).toBe(1);
    expect(isAlive(standby)).toBe(false);
    expect(existsSync(folder)).toBe(true);
  });
});

describe("a ffprobe that stands by for an output", () => {
  const lookAt = (path: string): ProbeRequest => ({
    ...{ path, packets: false },
    side: "output",
    tail: { fromSeconds: 0.5, toSeconds: 6, keyFramesOnly: false },
  });

  /** An engine that expects the probe of an output, which is not made yet. */
  async function expecting() {
    const { engine, folder } = await standingBy({ isForOne: true });
    await engine.probe({ path: await clip(), side: "source" }, never);
    expect(readdirSync(folder)).toEqual([]);
    const path = join(tempFolder(), "out.mp4");
    const end = await engine.expectProbe(lookAt(path));
    return { engine, folder, path, end, waiting: await alive(folder) };
  }

  test("says of it what one does that is started for it", async () => {
    const { engine, folder, path, waiting, end } = await expecting();
    copyFileSync(await clip(), path);
    const cold = await (await openNative()).probe(lookAt(path), never);
    expect(cold.tail?.video?.frames).toBeGreaterThan(0);
    expect(isAlive(waiting)).toBe(true);
    expect(await engine.probe(lookAt(path), never)).toEqual(cold);
    expect([isAlive(waiting), readdirSync(folder)]).toEqual([false, []]);
    await end();
  });

  test("refuses a broken one as any other does", async () => {
    const { engine, path } = await expecting();
    writeFileSync(path, "no video");
    const error = await taskErrorOf(engine.probe(lookAt(path), never));
    expect([error.code, error.message]).toEqual([
      "output_wrong",
      "Cannot verify the output: ffprobe cannot open it",
    ]);
  });

  test("answers no other probe, and leaves nothing when it is ended unused", async () => {
    const { engine, folder, path, waiting, end } = await expecting();
    copyFileSync(await clip(), path);
    const made = await engine.probe({ path, side: "output" }, never);
    expect([made.tail, isAlive(waiting)]).toEqual([undefined, true]);
    await end();
    expect([isAlive(waiting), readdirSync(folder)]).toEqual([false, []]);
  });

  test("is gone when the engine is closed", async () => {
    const { engine, folder, waiting } = await expecting();
    await engine.close();
    expect([isAlive(waiting), readdirSync(folder)]).toEqual([false, []]);
  });

  test("that was killed meanwhile is not missed", async () => {
    const { engine, path, waiting } = await expecting();
    copyFileSync(await clip(), path);
    process.kill(waiting.pid, "SIGKILL");
    const made = await eventually(() => engine.probe(lookAt(path), never).catch(() => undefined));
    expect(made.tail?.video?.frames).toBeGreaterThan(0);
  });
});
