import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { carriesCaptions } from "../../src/plan/encode/captions.ts";
import {
  BUNDLED,
  BUNDLED_TEXT,
  CAPTIONED,
  CAPTIONED_TEXT,
  captionsOf,
} from "../fixtures/captions.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";
import { capabilitiesHere } from "../plan/run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const LEFT_OUT = [
  {
    code: "captions_dropped",
    message: "The captions in the source's pictures (CEA-608/708) are left out",
  },
];

describe.each([
  ["ffmpeg", () => ({}), (isCarried: boolean) => isCarried],
  // Nothing is to be found there.
  ["WebAssembly", () => ({ PATH: tempFolder() }), () => false],
] as const)("captions in pictures, by %s,", (_, environment, isCarriedHere) => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService(undefined, environment());
    copyFileSync(CAPTIONED, join(service.home.media, "captioned.ts"));
    copyFileSync(BUNDLED, join(service.home.media, "bundled.ts"));
  });

  afterAll(async () => {
    await service.stop();
  });

  const make = async (profile_name: string, source_url: string, target_url: string) => {
    const body = { profile_name, source: { source_url }, targets: [{ target_url }] };
    const task = await service.until(await service.create(body), hasEnded);
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    return [await captionsOf(join(service.home.media, target_url)), task.warnings ?? []] as const;
  };

  test("arrive whole", async () => {
    const [text, warnings] = await make("video_mp4_320x240_240kbps", "captioned.ts", "kept.mp4");
    expect(text).toContain(CAPTIONED_TEXT);
    expect(warnings).toEqual([]);
    expect(await make("video_mp4_transmux", "bundled.ts", "copied.mp4")).toEqual([
      BUNDLED_TEXT,
      [],
    ]);
  });

  test("arrive whole or not at all where a frame holds many, of which is told", async () => {
    const [text, warnings] = await make("video_mp4_320x240_240kbps", "bundled.ts", "bundled.mp4");
    const isCarried = isCarriedHere(carriesCaptions(await capabilitiesHere()));
    if (isCarried) expect([text, warnings]).toEqual([BUNDLED_TEXT, []]);
    else expect([text, warnings]).toEqual(["", LEFT_OUT]);
  });

  test("are told of where the codec has none", async () => {
    const [text, warnings] = await make(
      "video_webm_vp9_160x120_200kbps",
      "captioned.ts",
      "none.webm",
    );
    expect([text, warnings]).toEqual(["", LEFT_OUT]);
  });
});
