import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpeg } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const PROFILE = {
  profile_name: "both",
  qlties: [
    {
      ...{ container: "mp4", format: "h264", bitrate: 300_000, width: 160, height: 90 },
      ...{ audio_bitrate: 64_000, audio_tracks: "all" },
    },
  ],
};

/** A second of picture in one colour, with a tone for each language. */
async function film(
  path: string,
  color: string,
  tones: readonly (readonly [language: string, hz: number])[],
): Promise<void> {
  const inputs = tones.flatMap(([, hz]) => ["-f", "lavfi", "-i", `sine=f=${hz}:r=48000:d=1`]);
  const maps = tones.flatMap(([language], at) => [
    ...["-map", `${at + 1}:a`, `-metadata:s:a:${at}`, `language=${language}`],
  ]);
  await ffmpeg([
    ...["-f", "lavfi", "-i", `color=${color}:s=160x90:r=10:d=1`, ...inputs, "-map", "0:v", ...maps],
    ...["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", path],
  ]);
}

/** How many times a tone swings in a second of a sound: as often as half of its changes of sign. */
async function hertz(path: string, track: number, at: number): Promise<number> {
  const { stdout } = await promisify(execFile)(
    "ffmpeg",
    [
      ...["-v", "error", "-ss", String(at), "-t", "0.5", "-i", path, "-map", `0:a:${track}`],
      ...["-ac", "1", "-f", "s16le", "-"],
    ],
    { encoding: "buffer" },
  );
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
  const seconds = samples.length / 48_000;
  let changes = 0;
  for (let at = 1; at < samples.length; at++)
    if ((samples[at] ?? 0) >= 0 !== (samples[at - 1] ?? 0) >= 0) changes++;
  return changes / 2 / seconds;
}

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
])("sources that are joined on %s", (_, command) => {
  test("keep all of their sounds, by language, and one sound that is alone in each", async () => {
    const home = newHome();
    const service = await startService(home, {}, command);
    try {
      await film(join(home.media, "0.mp4"), "red", [["eng", 400]]);
      await film(join(home.media, "1.mkv"), "green", [
        ["eng", 600],
        ["deu", 800],
      ]);
      await film(join(home.media, "2.mov"), "blue", [
        ["ger", 1000],
        ["eng", 1200],
      ]);
      const made = await service.call("/api/v1/profile", { body: PROFILE });
      expect(made.status).toBe(200);
      const id = await service.create({
        sources: ["0.mp4", "1.mkv", "2.mov"].map((source_url) => ({ source_url })),
        profile_name: "both",
        targets: [{ target_url: "out.mp4" }],
      });
      const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
      expect(task.targets[0]?.output?.audio_tracks?.map(({ language }) => language)).toEqual([
        "eng",
        "deu",
      ]);
      const out = join(home.media, "out.mp4");
      const heard = [0, 1].map((track) =>
        Promise.all([0.25, 1.25, 2.25].map((at) => hertz(out, track, at))),
      );
      const [eng, deu] = await Promise.all(heard);
      const near = (tones: readonly number[] = []) => tones.map((hz) => Math.round(hz / 50) * 50);
      expect([near(eng), near(deu)]).toEqual([
        [400, 600, 1200],
        [400, 800, 1000],
      ]);
    } finally {
      await service.stop("SIGKILL");
    }
  });
});
