import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Step } from "../../../src/plan/plan.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Spread } from "../../../src/plan/sliced.ts";
import type { Profile, Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import { aRun, never } from "../../contract/engine.ts";
import { clip, cues, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { childrenRunning, openNative } from "../../fixtures/native-engine.ts";
import { anAudio, aRendition, aVideo } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SPREAD: Spread = { minSeconds: 4, sliceSeconds: 2, slicesMax: 8 };
const SECONDS = 6;

const opened: Promise<Engine> = openNative({ spread: SPREAD, slicesAtOnce: 2 });

/** A small picture of a quality, with key frames each second. */
const video = (fields: Partial<VideoEncode> = {}): VideoEncode => {
  const { bitrateBps: _, ...rest } = aVideo({
    ...{ width: 192, height: 108, bFrames: 2, effort: "highPerformance" },
    ...{ gop: { seconds: 1 }, rateMode: "vbr", ...fields },
  });
  return { ...rest, quality: 70 };
};

const RATED = aVideo({ width: 192, height: 108, bitrateBps: 80_000, gop: { seconds: 1 } });

const TWICE = { rateMode: "2passvbr" } as const;

const rendition = (fields: Partial<Rendition> = {}): Rendition =>
  aRendition({ video: video(), audio: anAudio({ bitrateBps: 64_000 }), ...fields });

/** Two sizes, the second of which has at most 30 frames a second. */
const setOf = (
  container: "cmaf" | "dash",
  fields: Partial<VideoEncode> = {},
  low = { width: 96, height: 54 },
): Profile => {
  const top = rendition({ container, video: video({ framerateMax: 60, ...fields }) });
  const small = video({ ...low, framerateMax: 30, ...fields });
  return profileOf(top, {
    renditions: [top, rendition({ container, video: small })],
    thumbnails: { intervalSeconds: 1, width: 64 },
  });
};

/** A source with B-frames, whose times an edit list moves, with two chapters and a text. */
async function film(): Promise<string> {
  const args = ["-bf", "2", "-preset", "veryfast"];
  const [texts, source] = [
    await cues(),
    await clip({ seconds: SECONDS, rate: "30000/1001", args }),
  ];
  const chapters = join(tempFolder(), "chapters.txt");
  const one = "[CHAPTER]\nTIMEBASE=1/1000\n";
  writeFileSync(
    chapters,
    `;FFMETADATA1\n${one}START=0\nEND=3000\ntitle=a\n${one}START=3000\nEND=5900\ntitle=b\n`,
  );
  const path = join(tempFolder(), "film.mp4");
  const inputs = ["-i", source, "-f", "ffmetadata", "-i", chapters, "-i", texts];
  const maps = ["-map", "0", "-map", "2", "-map_chapters", "1"];
  await ffmpeg([...inputs, ...maps, "-c", "copy", "-c:s", "mov_text", path]);
  return path;
}

/** A source whose sound, or whose picture, comes so much later. */
async function late(kind: "sound" | "picture", seconds: string, container: string) {
  const source = await clip({ seconds: SECONDS, container });
  const path = join(tempFolder(), `late.${container}`);
  const inputs = ["-i", source, "-itsoffset", seconds, "-i", source];
  const maps = kind === "sound" ? ["0:v", "1:a"] : ["1:v", "0:a"];
  await ffmpeg([...inputs, ...maps.flatMap((map) => ["-map", map]), "-c", "copy", path]);
  return path;
}

/** Pictures before a key frame refer to those before them, eight at a time. */
const openGops = (): Promise<string> =>
  clip({
    ...{ seconds: SECONDS, rate: "24000/1001", container: "mov" },
    args: ["-x264-params", "open-gop=1:bframes=8:b-adapt=0:keyint=60:min-keyint=60:scenecut=0"],
  });

type Packet = { readonly pts: number; readonly size: number; readonly text: string };

/** Packets of a stream, in the order of their times. */
function packetsOf(path: string, kind: "v" | "a"): readonly Packet[] {
  const fields = `packet=pts,duration,flags,size${kind === "a" ? ",data_hash" : ""}`;
  const asked = ["-select_streams", kind, "-show_entries", fields, "-show_data_hash", "crc32"];
  const answer = execFileSync("ffprobe", ["-v", "error", ...asked, "-of", "json", path]);
  const { packets } = JSON.parse(answer.toString());
  return packets
    .map(({ pts, size, duration, flags, data_hash = "" }: Record<string, string | number>) => ({
      ...{ pts, size: Number(size) },
      // Of a sound, the last one may last as long as what is left to play of it.
      text: `${pts} ${kind === "v" ? duration : data_hash} ${String(flags).includes("K")}`,
    }))
    .sort((one: Packet, other: Packet) => one.pts - other.pts);
}

/** How like its source a picture is, from 0 to 1. */
function ssimOf(path: string, source: string): number {
  const graph = "[1:v][0:v]scale2ref[s][o];[o]setpts=N[a];[s]setpts=N[b];[a][b]ssim";
  const args = ["-v", "info", "-i", path, "-i", source, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = Bun.spawnSync(["ffmpeg", ...args]);
  return Number(/All:([\d.]+)/.exec(stderr.toString())?.[1]);
}

/** The tracks of what was made: files, playlists, and each stream of a set as one file. */
function tracksOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const inits = names.filter((name) => /init-\d+\.mp4$/.test(name));
  const sets = inits.map((init) => {
    const chunks = names.filter((name) =>
      name.startsWith(init.slice(0, -4).replace("init", "chunk")),
    );
    const path = join(folder, init.replace(/.*init/, "whole"));
    writeFileSync(
      path,
      Buffer.concat([init, ...chunks].map((name) => readFileSync(join(folder, name)))),
    );
    return path;
  });
  const files = names.filter((name) => /out\.(mp4|mov|webm)$/.test(name));
  const playlists = inits.length > 0 ? [] : names.filter((name) => /out\.m3u8$/.test(name));
  return [...sets, ...[...files, ...playlists].map((name) => join(folder, name))];
}

/** What differs between a track in slices and that of one run. */
function differences(made: string, whole: string, source: string): readonly string[] {
  const found: string[] = [];
  for (const kind of ["v", "a"] as const) {
    const [own, other] = [packetsOf(made, kind), packetsOf(whole, kind)];
    const at = other.findIndex(({ text }, place) => text !== own[place]?.text);
    if (at >= 0 || own.length !== other.length)
      found.push(`${kind} ${own.length}/${other.length}: ${own[at]?.text} for ${other[at]?.text}`);
    const [size = 0, wanted = 0] = [own, other].map((all) =>
      all.reduce((sum, p) => sum + p.size, 0),
    );
    // Each slice says once what its encoder is, in 700 bytes.
    const said = kind === "v" ? 2 * 700 : 0;
    if (Math.abs(size - wanted) > wanted / 100 + said)
      found.push(`${kind} ${size}/${wanted} bytes`);
    if (kind === "a" || own.length === 0) continue;
    const [like, asLike] = [ssimOf(made, source), ssimOf(whole, source)];
    if (!(asLike - like <= 0.001)) found.push(`SSIM ${like} for ${asLike}`);
  }
  return found;
}

const CASES: Readonly<
  Record<
    string,
    {
      readonly from: () => Promise<string>;
      readonly profile: Profile;
      /** How many slices there are: three, if it is not given. */
      readonly count?: number;
      readonly engine?: Promise<Engine>;
    }
  >
> = {
  "a file with B-frames, an edit list, chapters and a text, at 29.97": {
    from: film,
    profile: profileOf(rendition({ metadata: { chapters: true }, subtitles: { tracks: "all" } })),
  },
  "a Matroska file whose sound comes later": {
    from: () => late("sound", "0.7", "mkv"),
    profile: profileOf(rendition({ container: "mov" })),
  },
  "an MP4 file whose picture comes a little later, and its sound as it is": {
    from: () => late("picture", "0.021", "mp4"),
    profile: profileOf(rendition({ audio: "copy" })),
  },
  "HLS of a film with open GOPs": {
    from: openGops,
    profile: profileOf(rendition({ container: "m3u8", audio: anAudio({ codec: "mp3" }) })),
  },
  "a CMAF set of two rates with thumbnails": {
    from: () => clip({ seconds: SECONDS, rate: "50" }),
    profile: setOf("cmaf"),
  },
  // Before each slice, its encoder makes four seconds that are dropped.
  "a bitrate of which slices are long": {
    from: () => clip({ seconds: 84, rate: "5", width: 192, height: 108 }),
    profile: profileOf(rendition({ video: RATED, audio: "none" })),
    count: 2,
    engine: openNative({ spread: { ...SPREAD, sliceSeconds: 40 } }),
  },
  "a DASH set of HEVC from Matroska, at 29.97": {
    from: () => clip({ seconds: SECONDS, rate: "30000/1001", container: "mkv" }),
    profile: setOf("dash", { codec: "h265" }),
  },
  "two passes, the first of which is of the whole": {
    from: () => clip({ seconds: 84, rate: "5", width: 192, height: 108 }),
    profile: profileOf(rendition({ video: { ...RATED, ...TWICE, bFrames: 2 }, audio: "none" })),
    count: 2,
    engine: openNative({ spread: { ...SPREAD, sliceSeconds: 40 } }),
  },
  "a CMAF set of HEVC in two passes": {
    from: () => clip({ seconds: SECONDS }),
    profile: profileOf(
      rendition({
        container: "cmaf",
        video: { ...RATED, ...TWICE, codec: "h265", bitrateBps: 160_000 },
      }),
    ),
  },
  "a CMAF set of AV1": {
    from: () => clip({ seconds: SECONDS, rate: "25" }),
    // Its encoder takes no less than 64 lines.
    profile: setOf("cmaf", { codec: "av1" }, { width: 128, height: 72 }),
  },
  "a WebM file of VP9": {
    from: () => clip({ seconds: SECONDS, rate: "24000/1001" }),
    profile: profileOf(
      rendition({ container: "webm", video: video({ codec: "vp9" }), audio: "none" }),
    ),
  },
};

const namesIn = (folder: string): readonly string[] =>
  readdirSync(join(folder, "0"), { recursive: true, encoding: "utf8" }).sort();

describe("what is made in slices", () => {
  test.each(Object.entries(CASES))("is what one run makes: %s", async (_, given) => {
    const { from, profile, count = 3 } = given;
    const [source, engine] = [await from(), await (given.engine ?? opened)];
    const made = await makeProducts(source, profile, { engine });
    const { sliced, whole } = made.plans[0]?.steps.at(-1) ?? {};
    expect(whole).toBeUndefined();
    expect(sliced?.parts.filter(({ isLight, isKept }) => !(isLight || isKept))).toHaveLength(count);
    const inOne = await makeProducts(source, profile);
    expect(inOne.plans[0]?.steps.at(-1)?.sliced).toBeUndefined();
    expect(namesIn(made.folder)).toEqual([...namesIn(inOne.folder)]);
    const tracks = tracksOf(made.folder);
    const pairs = tracksOf(inOne.folder).map((path, at) => [tracks[at] ?? "", path] as const);
    expect(pairs.length).toBeGreaterThan(0);
    expect(pairs.flatMap(([own, other]) => differences(own, other, source))).toEqual([]);
    for (const name of namesIn(made.folder).filter((one) => /\.(jpg|vtt)$/.test(one)))
      expect(bytesOf(made.folder, name)).toEqual(bytesOf(inOne.folder, name));
    const lengths = [made, inOne].map(({ verified }) => verified[0]?.output.durationSeconds ?? 0);
    expect(lengths[0]).toBeCloseTo(lengths[1] ?? 0, 1);
    expect(made.warnings).toEqual(inOne.warnings);
    expect(tracks.map(headOf)).toEqual(tracksOf(inOne.folder).map(headOf));
  });

  test("is made in one run after all if a slice has other pictures than it should", async () => {
    const { source, step } = await planned();
    const [first, ...others] = step.sliced?.parts ?? [];
    if (!step.sliced || !first) throw new Error("no slices");
    const sliced = { ...step.sliced, parts: [{ ...first, frames: [51] }, ...others] };
    const request = aRun(source, { ...step, sliced });
    await (await opened).run(request, never);
    expect(readdirSync(join(request.folder, "0"))).toEqual(["out.mp4"]);
    expect(packetsOf(join(request.folder, "0/out.mp4"), "v")).toHaveLength(SECONDS * 25);
  });

  test("fails as a slice does, and leaves nothing running or lying about", async () => {
    const { source, step } = await planned();
    const broken = { args: ["-i", "input", "-c:v", "nosuch", "0/x.mp4"], writes: ["0/x.mp4"] };
    if (!step.sliced) throw new Error("no slices");
    const sliced = { ...step.sliced, parts: [...step.sliced.parts, broken] };
    const request = aRun(source, { ...step, sliced });
    const before = childrenRunning();
    const { code } = await taskErrorOf((await opened).run(request, never));
    expect(code).toBe("encoder_missing");
    expect(childrenRunning().filter((pid) => !before.includes(pid))).toEqual([]);
    expect(readdirSync(join(request.folder, "0"))).toEqual([]);
  });
});

/** A step in slices. */
async function planned(): Promise<{ readonly source: string; readonly step: Step }> {
  const [source, engine] = [await clip({ seconds: SECONDS }), await opened];
  const media = await engine.probe({ path: source, side: "source" }, never);
  const request = { assignments: [{ rendition: rendition(), targets: [0] }], tag: "t1" };
  const [step] = planTask(request, media, engine.capabilities).steps;
  if (!step) throw new Error("no step");
  return { source, step };
}

const bytesOf = (folder: string, name: string): Buffer => readFileSync(join(folder, "0", name));

/** What a file says of its streams and chapters, as far as it has to be the same. */
function headOf(path: string): string {
  const fields = "stream=codec_name,profile,codec_tag_string,time_base,avg_frame_rate,nb_frames";
  const more = "stream_tags=language:stream_disposition=default:chapter";
  const asked = ["-show_entries", `${fields}:${more}`, "-of", "json"];
  return execFileSync("ffprobe", ["-v", "error", ...asked, path]).toString();
}
