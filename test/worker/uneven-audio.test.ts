import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream, readFileSync } from "node:fs";
import type { Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { aacHeadersOf } from "../../src/probe/bytes/aac-headers.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Container } from "../../src/profile/containers.ts";
import { withUnevenAudio } from "../../src/worker/uneven-audio.ts";
import { changingSound, type SoundPart } from "../fixtures/heard.ts";
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

/** A frame of AAC at 44.1 or 48 kHz, without what it says. */
const frame = (rateHz: 44_100 | 48_000): Buffer => {
  const bytes = Buffer.alloc(200);
  bytes.set([0xff, 0xf1, rateHz === 48_000 ? 0x4c : 0x50, 0x80, 200 >> 3, (200 & 7) << 5]);
  return bytes;
};
const frames = (...rates: readonly (44_100 | 48_000)[]): Buffer =>
  Buffer.concat(rates.flatMap((rateHz) => Array.from({ length: 5 }, () => frame(rateHz))));

/** The packet of a MPEG-TS that a PES packet of such a frame begins in. */
const packet = (pid: number, rateHz: 44_100 | 48_000): Buffer => {
  const bytes = Buffer.alloc(188, 0xff);
  bytes.set([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0, 0, 1, 0xc0, 0, 0, 0x80, 0, 0]);
  frame(rateHz).copy(bytes, 13);
  return bytes;
};

describe("aacHeadersOf of made bytes", () => {
  const see = (bytes: Buffer, format: string, pid?: number, size = 997) => {
    const headers = aacHeadersOf(format, pid);
    for (let at = 0; at < bytes.length; at += size) headers?.push(bytes.subarray(at, at + size));
    return headers?.isUneven();
  };

  test("reads AAC as it is, behind a tag", () => {
    // Of 1000 bytes, which look like frames of another rate.
    const tag = Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\x07\x68"), frames(48_000)]);
    for (const size of [1, 7, 200, 5000]) {
      expect(see(frames(44_100, 48_000), "aac", undefined, size)).toBeTrue();
      expect(see(Buffer.concat([tag, frames(44_100)]), "aac", undefined, size)).toBeFalse();
    }
  });

  test("looks in a MPEG-TS at the sound that is meant alone", () => {
    const packets = Array.from({ length: 16 }, (_, at) => [
      packet(0x101, 48_000),
      packet(0x102, at < 8 ? 48_000 : 44_100),
    ]);
    const bytes = Buffer.concat(packets.flat());
    expect(see(bytes, "mpegts", 0x101)).toBeFalse();
    expect(see(bytes, "mpegts", 0x102)).toBeTrue();
    expect(see(bytes, "mpegts")).toBeTrue();
  });
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
