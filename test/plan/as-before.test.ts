import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Capabilities } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { type Qlty, toRendition } from "../../src/profile/qlty.ts";
import { CATALOGUE, systemProfile } from "../../src/profile/system-profiles.ts";
import { aCapabilities, aMedia, aMediaWithAudio, aMediaWithVideo } from "./builders.ts";

// What a profile makes of a source does not change with what other profiles can ask for: a client that asks for nothing new gets what it
// got. The digests are those of e7a662e, before profiles could carry tracks, captions, quality, HDR and hardware. A plan that has to change
// (a fault of it is mended) gets its digest anew by `DIGESTS=write bun test test/plan/as-before.test.ts`, and its commit says why.

const FILE = join(import.meta.dir, "as-before.json");
type Digests = Readonly<Record<string, Readonly<Record<string, string>>>>;

const groupsOf = (...qlties: readonly Qlty[]): Pick<Profile, "renditions"> => ({
  renditions: qlties.map(toRendition),
});
const H264: Qlty = { container: "mp4", bitrate: 1_200_000, audio_bitrate: 96_000 };
const CMAF: Qlty = { ...H264, container: "cmaf" };
const COPY = { format: "copy", audio_format: "copy" } as const;

const CUSTOM: Readonly<Record<string, Pick<Profile, "renditions" | "thumbnails">>> = {
  plain: groupsOf(H264),
  sized: groupsOf({ ...H264, width: 640, height: 360, framerate: "25", gop_size: 25 }),
  tall: groupsOf({ ...H264, height: 720, b_frame_size: 2, preset: "highQuality" }),
  passes: groupsOf({ ...H264, rc_mode: "2passvbr" }),
  variable: groupsOf({ ...H264, rc_mode: "vbr", low_latency: true, preset: "highPerformance" }),
  interlaced: groupsOf({ ...H264, use_progressive: false, channels: 1, audio_samplerate: 44_100 }),
  hevc: groupsOf({ ...H264, format: "h265", rc_mode: "2passvbr" }),
  hevcSet: groupsOf({ ...H264, container: "m3u8", format: "h265" }),
  av1: groupsOf({ ...H264, container: "mkv", format: "av1", audio_format: "opus" }),
  vp9: groupsOf({ ...H264, container: "webm", rc_mode: "2passvbr" }),
  mpeg2: groupsOf({ ...H264, container: "mpegts", format: "mpeg2", audio_format: "mp2" }),
  surround: groupsOf({ ...H264, container: "mov", audio_format: "ac3", channels: 6 }),
  copied: groupsOf({ container: "mkv", ...COPY }),
  kept: groupsOf({ container: "copy", ...COPY }),
  copiedSet: groupsOf({ container: "dash", ...COPY }),
  silent: groupsOf({ ...H264, audio_format: "none" }),
  heard: groupsOf({ container: "ogg", audio_bitrate: 96_000 }),
  picture: groupsOf({ container: "jpg", bitrate: 800_000, height: 360 }),
  ladder: {
    ...groupsOf({ ...CMAF, height: 720 }, { ...CMAF, height: 360, bitrate: 400_000 }),
    thumbnails: { intervalSeconds: 10, width: 160 },
  },
};

const SOURCES: Readonly<Record<string, MediaInfo>> = {
  usual: aMedia(),
  phone: aMediaWithVideo({ rotation: 90, codec: "hevc", profile: "Main", isVariableRate: true }),
  broadcast: {
    ...aMediaWithVideo({ codec: "mpeg2video", isInterlaced: true, width: 720, height: 576 }),
    format: "mpegts",
    startSeconds: 1.4,
  },
  wide: aMediaWithVideo({ sampleAspect: { num: 64, den: 45 }, width: 720, height: 576 }),
  hdr: aMediaWithVideo({
    codec: "hevc",
    profile: "Main 10",
    pixelFormat: "yuv420p10le",
    color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
  }),
  surround: aMediaWithAudio({ channels: 6, codec: "ac3" }),
  late: aMediaWithAudio({ startSeconds: 0.5, language: "ger" }),
  small: aMediaWithVideo({ width: 320, height: 240, bitrateBps: 200_000 }),
};

const ENGINES: Readonly<Record<string, Capabilities>> = {
  native: aCapabilities(),
  wasm: aCapabilities({ engine: "wasm", slices: 2, threads: 1 }),
  diskless: aCapabilities({ engine: "wasm", streamsOutput: true, threads: 1 }),
};

/** Everything that a plan says, in whatever order its properties were set; or why there is none. */
function planText(profile: Profile, media: MediaInfo, capabilities: Capabilities): string {
  try {
    const assignments = assignRenditions(profile, [undefined]);
    const clip = media.audio?.startSeconds === 0 ? {} : { clip: { startSeconds: 3 } };
    return textOf(planTask({ assignments, tag: "t1", ...clip }, media, capabilities));
  } catch (error) {
    return String(error);
  }
}

const textOf = (plan: unknown): string =>
  JSON.stringify(plan, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : value,
  );

const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 12);

const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [
    ...CATALOGUE.map((name) => [name, systemProfile(name)] as const),
    ...Object.entries(CUSTOM).map(
      ([name, profile]) => [name, { name, description: "", ...profile }] as const,
    ),
  ].flatMap(([name, profile]) => (profile ? [[name, profile] as const] : [])),
);

const digests: Digests = Object.fromEntries(
  Object.entries(SOURCES).flatMap(([source, media]) =>
    Object.entries(ENGINES).map(([engine, capabilities]) => [
      `${source} on ${engine}`,
      Object.fromEntries(
        [...PROFILES].map(([name, profile]) => [
          name,
          digestOf(planText(profile, media, capabilities)),
        ]),
      ),
    ]),
  ),
);

if (process.env["DIGESTS"] === "write")
  writeFileSync(FILE, `${JSON.stringify(digests, null, 2)}\n`);

describe("plans of profiles that ask for nothing new", () => {
  test.each(Object.entries(digests))("are as before: %s", (group, found) => {
    const known: Digests = JSON.parse(readFileSync(FILE, "utf8"));
    expect(found).toEqual(known[group] ?? {});
  });

  test("are plans, not refusals alone", () => {
    const made = [...PROFILES.values()].filter((profile) =>
      planText(profile, aMedia(), aCapabilities()).startsWith("{"),
    );
    expect(made.length).toBe(PROFILES.size);
  });
});
