import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { closeSync, copyFileSync, openSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { openConfinement } from "../../../src/engine/process/open-confinement.ts";
import type { Step } from "../../../src/plan/plan.ts";
import { aRun, encodeStep, engineContract, never } from "../../contract/engine.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { boundsHere, childrenRunning, openNative } from "../../fixtures/native-engine.ts";

setDefaultTimeout(60_000);

const sandboxed = async () => openNative({ bounds: await boundsHere({}, "bwrap") });

engineContract(
  "NativeEngine in a sandbox",
  async () => ({ engine: await sandboxed(), running: () => childrenRunning().length }),
  { describe, test, expect },
);

afterEach(() => {
  expect(childrenRunning()).toEqual([]);
});

/** A step that copies an input into its folder. */
const copying = (...input: readonly string[]): Step => ({
  ...encodeStep(),
  args: [...input, "-map", "0:v:0", "-c", "copy", "-f", "mpegts", "0/out.ts"],
});

describe("an ffmpeg in a sandbox", () => {
  test("sees no other file, which it would read without one", async () => {
    const stranger = await clip({ seconds: 2 });
    // The run is one of ours, so that nothing but the sandbox is in its way.
    const run = async () => aRun(await clip(), copying("-i", stranger), { isOurs: true });
    await (await openNative()).run(await run(), never);
    const error = await taskErrorOf((await sandboxed()).run(await run(), never));
    expect(error.message).toContain("No such file or directory");
  });

  test("reads the file that is open where its name leads to another by now", async () => {
    const folder = tempFolder();
    const [real, path] = [join(folder, "real.mp4"), join(tempFolder(), "source.mp4")];
    copyFileSync(await clip({ seconds: 2 }), real);
    const fd = openSync(real, "r");
    symlinkSync(`/proc/${process.pid}/fd/${fd}`, path);
    rmSync(real);
    symlinkSync(await clip({ seconds: 1 }), real);
    const engine = await sandboxed();
    const probed = await engine.probe({ path, side: "source" }, never);
    expect(probed.durationSeconds).toBeCloseTo(2, 0);
    // The run is in the folder of the link, as those of the service are, and in another.
    for (const more of [{ folder: dirname(path) }, {}]) {
      const run = aRun(path, undefined, more);
      await engine.run(run, never);
      const made = join(run.folder, "0/out.mp4");
      const { durationSeconds } = await engine.probe({ path: made, side: "output" }, never);
      expect(durationSeconds).toBeCloseTo(2, 0);
    }
    closeSync(fd);
  });

  test("writes to nothing but its folder", async () => {
    const engine = await sandboxed();
    const beside = join(tempFolder(), "beside.ts");
    const step = { ...copying("-i", "input"), writes: [] };
    const args = [...step.args.slice(0, -1), beside];
    const error = await taskErrorOf(engine.run(aRun(await clip(), { ...step, args }), never));
    expect(error.code).toBe("target_unwritable");
  });

  test.each(["/proc/devices", "/sys/devices/system/cpu/online"])(
    "sees %s only if it encodes on a device",
    async (path) => {
      const args = [...["-f", "data", "-i", path], ...["-map", "0", "-c", "copy", "-f", "data"]];
      const step: Step = { ...encodeStep(), args: [...args, "0/out.txt"], writes: ["0/out.txt"] };
      const engine = await sandboxed();
      const run = async (more: Partial<Step>) =>
        engine.run(aRun(await clip(), { ...step, ...more }, { isOurs: true }), never);
      const { message } = await taskErrorOf(run({}));
      expect(message).toContain("No such file or directory");
      await run({ hardware: { family: "vaapi", sessions: 1, software: step.args } });
    },
  );

  test("reaches no network, not even this machine", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    let calls = 0;
    server.on("connection", (socket) => {
      calls += 1;
      socket.destroy();
    });
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const step = copying("-f", "mpegts", "-i", `tcp://127.0.0.1:${port}`);
    const failed = [];
    for (const engine of [await sandboxed(), await openNative()]) {
      const run = aRun(await clip(), step, { isOurs: true });
      failed.push((await taskErrorOf(engine.run(run, never))).code);
      // Outside one it gets through.
      expect(calls).toBe(failed.length - 1);
    }
    server.close();
  });

  test("sees none of the processes outside, and so nothing of their environments", async () => {
    const step = copying("-f", "mpegts", "-i", `/proc/${process.pid}/environ`);
    const run = aRun(await clip(), step, { isOurs: true });
    const error = await taskErrorOf((await sandboxed()).run(run, never));
    expect(error.message).toContain("No such file or directory");
  });

  test("closes its files when it is told to end", async () => {
    const engine = await sandboxed();
    const controller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const { args, ...step } = encodeStep();
    const endless = ["-re", "-stream_loop", "-1", ...args];
    const run = aRun(
      await clip(),
      { ...step, args: endless },
      { onProgress: ({ frames }) => frames > 10 && begun.resolve() },
    );
    const ended = engine.run(run, controller.signal).catch(() => {});
    await begun.promise;
    controller.abort(new Error("enough"));
    await ended;
    // Only an mp4 that was closed has its index, and can be read.
    const path = join(run.folder, "0/out.mp4");
    const media = await engine.probe({ path, side: "output" }, never);
    expect(media.video?.codec).toBe("h264");
  });
});

describe("openConfinement", () => {
  test("says why a sandbox cannot be made", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = tempFolder();
    try {
      const options = { sandbox: "bwrap", programs: [], sandboxPaths: [] } as const;
      const error = await taskErrorOf(openConfinement(options));
      expect([error.code, error.message]).toEqual([
        "encoder_missing",
        'Cannot make a sandbox: Cannot start "true": it is not here',
      ]);
    } finally {
      process.env["PATH"] = path;
    }
  });
});
