import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";
import { NO_CORPUS, openCorpus } from "./corpus.ts";
import { measureFiles } from "./measure.ts";
import type { ProfileKey } from "./profiles.ts";
import { timeDifferences, truthOf } from "./truth.ts";

setDefaultTimeout(120_000);

/** A sample by container: the whole line does what the runs of the other files do step by step. */
const SAMPLE = [
  "androidx-bt601.mov",
  "androidx-sample.flv",
  "androidx-sample_with_multiple_key_frames.mkv",
  "androidx-sd-hls0000000000.ts",
  "mediabunny-rotate-buck-bunny.mp4",
];

/** What a task of a sample asks for, and the form whose times it has. */
const WANTED = [
  ["video_mp4_320x240_240kbps", "mp4", "encoded.mp4"],
  ["video_mp4_transmux", "mp4 copy", "copied.mp4"],
  ["audio_m4a_128kbps", "sound", "sound.m4a"],
] as const satisfies readonly (readonly [string, ProfileKey, string])[];

const corpus = openCorpus();
if (corpus) checkSample(corpus);
else
  test(`real files do not go through the service here: ${NO_CORPUS}`, () => {
    expect(openCorpus()).toBeUndefined();
  });

function checkSample({ folder, files }: NonNullable<typeof corpus>): void {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(async () => {
    await service.stop();
  });

  describe("a task of the service", () => {
    test.each(SAMPLE)("makes all forms of %s, each as it is", async (name) => {
      const file = files.find((one) => one.file === name);
      if (!file) throw new Error(`the index does not name ${name}`);
      copyFileSync(join(folder, name), join(service.home.media, name));
      const id = await service.create({
        source: { source_url: name },
        profile_name: WANTED[0][0],
        targets: WANTED.map(([profile_name, , entry]) => ({
          target_url: `out/${name}/${entry}`,
          profile_name,
        })),
      });
      const task = await service.until(id, hasEnded);
      expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
      for (const [, key, entry] of WANTED) {
        const truth = truthOf(file, key);
        if ("refusal" in truth) throw new Error(`${key} is not for ${name}`);
        const made = await measureFiles([join(service.home.media, "out", name, entry)]);
        expect(timeDifferences(truth, made)).toEqual([]);
      }
    });
  });
}
