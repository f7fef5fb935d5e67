import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream, readFileSync } from "node:fs";
import type { Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { aacHeadersOf } from "../../src/probe/bytes/aac-headers.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Container } from "../../src/profile/containers.ts";
import { withUnevenAudio } from "../../src/worker/uneven-audio.ts";
import { changingSound, type SoundPart } from "../fixtures/heard.ts";
import { profileOf } from "../fixtures/made-products.ts";
import { aCapabilities, aMedia, anAudio, anAudioStream } from "../plan/builders.ts";

setDefaultTimeout(60_000);

const part = (fields: Partial<SoundPart> = {}): SoundPart => ({
  hertz: 500,
  layout: "stereo",
  rateHz: 48_000,
  seconds: 1,
  ...fields,
});

const formatOf = (container: "ts" | "flv") => (container === "ts" ? "mpegts" : "flv");
const mediaOf = (format: string, codec = "aac"): MediaInfo =>
  aMedia({ format, audio: anAudioStream({ codec }) });

/** Sound alone, into a container. */
const planFor = (media: MediaInfo, container: Container, audio: "copy" | "encode"): Plan => {
  const wanted = audio === "copy" ? audio : anAudio({ bitrateBps: 400_000 });
  const rendition = { container, video: "none", audio: wanted } as const;
  const assignments = [{ rendition, targets: [0] }];
  return planTask({ assignments, tag: "t1" }, media, aCapabilities());
};

const look = async (path: string, media: MediaInfo) =>
  (await withUnevenAudio(media, planFor(media, "mkv", "copy"), () => createReadStream(path))).audio
    ?.isUneven;

describe("withUnevenAudio", () => {
  test.each([
    ["ts", { rateHz: 44_100 }],
    ["ts", { layout: "mono" }],
    ["flv", { rateHz: 44_100 }],
    ["flv", { layout: "mono" }],
  ] as const)(
    "sees that the sound of a %s begins with %j, and goes on otherwise",
    async (container, fields) => {
      const path = await changingSound(container, "aac", [part(fields), part()]);
      expect(await look(path, mediaOf(formatOf(container)))).toBeTrue();
    },
  );

  test.each(["ts", "flv"] as const)(
    "sees nothing in a %s of parts that are alike",
    async (container) => {
      const path = await changingSound(container, "aac", [part(), part({ hertz: 1000 })]);
      expect(await look(path, mediaOf(formatOf(container)))).toBeUndefined();
    },
  );

  test.each(["mkv", "cmaf"] as const)(
    "sees it of a sound that was chosen for %s, and marks that one alone",
    async (container) => {
      const path = await changingSound("ts", "aac", [part({ rateHz: 44_100 }), part()]);
      const main = anAudioStream({ index: 2, codec: "mp3" });
      const streams = [main, anAudioStream({ index: 1, codec: "aac" })];
      const { video: _, ...media } = aMedia({ format: "mpegts", audio: main, streams });
      const rendition = {
        container,
        video: "none",
        audio: "copy",
        sound: { tracks: [1] },
      } as const;
      const assignments = assignRenditions(profileOf(rendition), [undefined]);
      const plan = planTask({ assignments, tag: "t1" }, media, aCapabilities());
      const found = await withUnevenAudio(media, plan, () => createReadStream(path));
      expect(found.streams.map((one) => "isUneven" in one)).toEqual([false, true]);
      expect(found.audio).toEqual(main);
    },
  );

  test("reads nothing where nothing is copied, or it cannot be", async () => {
    const encoded = planFor(aMedia(), "mkv", "encode");
    expect(encoded.products[0]?.audio.action).toBe("copy");
    const media = mediaOf("mpegts");
    const unread = planFor(mediaOf("mpegts", "mp3"), "mkv", "encode");
    expect(await withUnevenAudio(media, unread, () => createReadStream("/nowhere"))).toBe(media);
    for (const other of [mediaOf("mpegts", "ac3"), mediaOf("mov")])
      expect(await look("/nowhere", other)).toBeUndefined();
  });
});

describe("aacHeadersOf", () => {
  test.each(["ts", "flv"] as const)(
    "reads a %s in parts that are cut anywhere",
    async (container) => {
      const path = await changingSound(container, "aac", [part({ rateHz: 44_100 }), part()]);
      const bytes = readFileSync(path);
      for (const size of [7, 187, 1000]) {
        const headers = aacHeadersOf(formatOf(container));
        for (let at = 0; at < bytes.length; at += size)
          headers?.push(bytes.subarray(at, at + size));
        expect(headers?.isUneven()).toBeTrue();
      }
    },
  );
});

describe("the plan for a sound that changes midway", () => {
  const uneven = (format: string) => aMedia({ format, audio: anAudioStream({ isUneven: true }) });

  test.each([
    ["mpegts", "mpegts", "copy"],
    ["mpegts", "m3u8", "copy"],
    ["mpegts", "mkv", "encode"],
    ["mpegts", "mp4", "encode"],
    ["mpegts", "flv", "encode"],
    ["flv", "flv", "copy"],
    ["flv", "mpegts", "encode"],
    ["flv", "m3u8", "encode"],
    ["aac", "m4a", "encode"],
    ["mov,mp4,m4a,3gp,3g2,mj2", "mp4", "encode"],
    ["matroska,webm", "mkv", "encode"],
    ["aac", "mpegts", "encode"],
  ] as const)("from %s to %s: %s", (format, container, action) => {
    const { products } = planFor(uneven(format), container, "encode");
    expect(products[0]?.audio.action).toBe(action);
    const copy = () => planFor(uneven(format), container, "copy");
    if (action === "copy") expect(copy().products[0]?.audio.action).toBe("copy");
    else
      expect(copy).toThrow(
        `Cannot copy the audio into "${container}": its rate or channels change midway`,
      );
  });
});
