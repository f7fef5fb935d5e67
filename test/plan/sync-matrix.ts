import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plan, PlannedOutput } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { holds } from "../../src/profile/container-rules.ts";
import type { Container } from "../../src/profile/containers.ts";
import type { Assignment, Rendition } from "../../src/profile/profile.ts";
import { verifyProducts } from "../../src/worker/output/verify-products.ts";
import type { JudgingRun } from "../../src/worker/run.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { type Film, look, type Seen } from "../fixtures/flash-beep.ts";
import { anAudio, aVideo } from "./builders.ts";
import { capabilitiesHere, probe, probeAsked, runStep } from "./run-plan.ts";

const VIDEO = aVideo({ width: 160, height: 120, bitrateBps: 200_000, effort: "highPerformance" });
const AUDIO = anAudio({ bitrateBps: 96_000, channels: 1 });
const VP9 = { ...VIDEO, codec: "vp9" } as const;

const film = (container: Container): Rendition => ({ container, video: VIDEO, audio: AUDIO });
const withSound = (container: Container): Rendition => ({ ...film(container), audio: "copy" });
const copy = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });

/** What is made of each source: one of each kind of way that picture and sound go. */
const RENDITIONS: readonly Rendition[] = [
  ...(["mp4", "m3u8", "cmaf", "dash", "flv", "mpegts"] as const).map(film),
  ...(["mp4", "m3u8", "cmaf"] as const).map(withSound),
  { container: "webm", video: VP9, audio: anAudio({ codec: "opus", bitrateBps: 64_000 }) },
  ...(["mp4", "mov", "mkv", "mpegts", "flv", "m3u8"] as const).map(copy),
];

/** Whether a container takes what would be copied of a source. */
function suits({ container, video, audio }: Rendition, source: MediaInfo): boolean {
  const picture = video === "copy" ? source.video?.codec : undefined;
  const sound = audio === "copy" ? source.audio?.codec : undefined;
  return container !== "copy" && holds(container, picture, sound);
}

const isSet = ({ container }: Rendition) => ["cmaf", "dash"].includes(container);

/** What became of a rendition: what its plan decided, and how it looks. */
export type Synced = {
  readonly name: string;
  readonly product: PlannedOutput;
  readonly seen: Seen;
};

/** What became of a source, and how that looks. */
export type Matrix = { readonly source: Seen; readonly made: readonly Synced[] };

/**
 * Makes all renditions of a file that its streams allow by the machine's ffmpeg, judges them as the worker does, and plays them. All
 * are made at once: where picture and sound begin apart, FFmpeg 9 waits for itself in runs of many outputs that share no filters.
 */
export async function syncOf(path: string): Promise<Matrix> {
  const source = await probe(path, "source");
  const renditions = RENDITIONS.filter((rendition) => suits(rendition, source));
  const plan = await planHere(source, renditions);
  const folder = tempFolder();
  symlinkSync(path, join(folder, "input"));
  for (const { args, writes } of plan.steps) {
    for (const name of writes) mkdirSync(dirname(join(folder, name)), { recursive: true });
    await runStep(args, folder);
  }
  await verifyProducts(plan, { folder, sourcePath: path, media: source }, A_RUN);
  const films = [[path] as const, ...plan.products.map((product) => tracksOf(product, folder))];
  const [shown, ...seen] = await look(films);
  if (!shown) throw new Error(`Cannot play "${path}": nothing was seen`);
  const made = plan.products.flatMap((product, at) => {
    const name = `${product.container}, ${product.video.action} and ${product.audio.action}`;
    return seen[at] ? [{ name, product, seen: seen[at] }] : [];
  });
  return { source: shown, made };
}

/** As far as finished outputs are judged by them. */
const A_RUN = {
  engine: {
    probe: probeAsked,
    // Those whose ends are not seen by a probe are decoded to their ends by what looks at them.
    readTail: async () => ({}),
  },
  signal: new AbortController().signal,
  warn: async () => {},
} as unknown as JudgingRun;

async function planHere(source: MediaInfo, renditions: readonly Rendition[]): Promise<Plan> {
  const assignments = renditions.map(
    (rendition, index): Assignment => ({
      rendition,
      targets: [index],
      ...(isSet(rendition) && { set: { renditions: [rendition], isLadder: false } }),
    }),
  );
  return planTask({ assignments, tag: "t1" }, source, await capabilitiesHere());
}

/** The files that a player puts together: of a set each track's segments in one. */
function tracksOf({ entry, segments, set }: PlannedOutput, folder: string): Film {
  if (segments === undefined) return [join(folder, entry)];
  const segmentsFolder = join(folder, segments);
  const names = readdirSync(segmentsFolder).toSorted();
  const joined = (first: string, wanted: (name: string) => boolean): string => {
    const parts = names.filter((name) => name.startsWith(first)).concat(names.filter(wanted));
    const path = join(tempFolder(), "track");
    writeFileSync(
      path,
      Buffer.concat(parts.map((name) => readFileSync(join(segmentsFolder, name)))),
    );
    return path;
  };
  if (!set) return [joined("none", (name) => name.endsWith(".ts"))];
  const track = (at: number) => joined(`init-${at}`, (name) => name.startsWith(`chunk-${at}-`));
  return [track(0), track(1)];
}
