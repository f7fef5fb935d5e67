import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { NativeEngine } from "../src/engine/native/native.ts";
import { VIDEO_ENCODERS } from "../src/plan/args/encoders.ts";
import { METRIC_FILTERS } from "../src/plan/encode/metrics.ts";
import { planTask } from "../src/plan/plan-task.ts";
import type { Metric } from "../src/profile/fields/quality.ts";
import { type Qlty, toRendition } from "../src/profile/qlty.ts";
import { measureProducts } from "../src/worker/quality/measure-products.ts";
import { makeSource } from "./clips.ts";
import { childrenCpuSeconds } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";

/** What measuring may take of the CPU of the encode. */
const PART_MAX = 0.35;
/** How far, in decibels of SSIM, another codec may be from H.264 at the same quality. */
const APART_MAX_DB = 2;
const CODECS = ["h264", "h265", "av1", "vp9", "mpeg2"] as const;
const QUALITIES = [90, 70, 50];
/** Real films of several sizes, rates and codecs. */
const FILMS = [
  "androidx-bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4",
  "androidx-h265_bframes.mp4",
  "androidx-sample_portrait.mp4",
  "androidx-sd-hls0000000000.ts",
  "androidx-bbb_642x642_768kbps_30fps_vp9.webm",
];
const MEDIA = process.env["PONTUS_CORPUS"] ?? "../shared/media";

const HEARD = { onProgress: () => {}, onLog: () => {} };

let made = 0;

/** Makes an output of a source as a task does, and measures it. */
async function measuredBy(
  engine: NativeEngine,
  { scratch, source, qlty }: { scratch: string; source: string; qlty: Partial<Qlty> },
  metrics: readonly Metric[],
) {
  const { signal } = new AbortController();
  const rendition = toRendition({
    ...{ container: "mkv", audio_format: "none", measure_quality: true, ...qlty },
  });
  const media = await engine.probe({ path: source, side: "source" }, signal);
  const request = { assignments: [{ rendition, targets: [0] }], tag: "t" };
  const plan = planTask(request, media, engine.capabilities);
  const folder = join(scratch, `made-${made++}`);
  mkdirSync(folder);
  const encodeSeconds = await cpuOf(async () => {
    for (const step of plan.steps)
      await engine.run({ step, folder, inputPath: source, ...HEARD }, signal);
  });
  const { measuring, products } = plan;
  const entry = join(folder, products[0]?.entry ?? "");
  if (!measuring) throw new Error("nothing is measured");
  const output = { sizeBytes: 0, durationSeconds: 0, container: "mkv", bitrateBps: 0 };
  const placed = [{ at: 0, verified: { targets: [0], finished: { entry }, output } }];
  const values: Partial<Record<Metric, number>> = {};
  let measureSeconds = 0;
  for (const metric of metrics) {
    const asked = { ...measuring, outputs: measuring.outputs.map((one) => ({ ...one, metric })) };
    measureSeconds += await cpuOf(async () => {
      const run = { engine, signal, onLog: HEARD.onLog };
      const [found] = await measureProducts(run, { folder, sourcePath: source }, asked, placed);
      if (found) values[metric] = found.quality.value;
    });
  }
  return { encodeSeconds, measureSeconds, values };
}

async function cpuOf(run: () => Promise<void>): Promise<number> {
  const before = childrenCpuSeconds();
  await run();
  return childrenCpuSeconds() - before;
}

/** What measuring costs beside an encode, and what the scale of qualities comes to with each codec. */
export async function measureQuality(options: PartOptions): Promise<Findings> {
  const limits = { maxPixels: 36_000_000, stallTimeoutMs: 60_000, probeTimeoutMs: 60_000 };
  const programs = { ffmpeg: "ffmpeg", ffprobe: "ffprobe", graceMs: 5_000, threads: 0 };
  const engine = await NativeEngine.open({ ...limits, ...programs });
  const { filters } = engine.capabilities;
  const metrics = (["ssim", "xpsnr", "vmaf"] as const).filter((metric) =>
    filters.includes(METRIC_FILTERS[metric]),
  );
  const cost = await costRows(engine, metrics, options);
  const scale = await scaleRows(engine, metrics, options);
  await engine.close();
  return { rows: [...cost, ...scale.rows], facts: scale.facts };
}

async function costRows(
  engine: NativeEngine,
  metrics: readonly Metric[],
  { isQuick, scratch, say }: PartOptions,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const seconds of isQuick ? [5] : [10, 60]) {
    const source = join(scratch, `source-${seconds}.mp4`);
    const picture = { width: 1920, height: 1080, bitrate: "9M", preset: "veryfast" } as const;
    await makeSource(source, { ...picture, seconds });
    for (const metric of metrics) {
      const qlty: Partial<Qlty> = { rc_mode: "quality", quality: 70, height: 720 };
      const found = await measuredBy(engine, { scratch, source, qlty }, [metric]);
      const { encodeSeconds, measureSeconds } = found;
      const ratio = measureSeconds / encodeSeconds;
      say(`quality.cost: ${metric} of ${seconds} s takes ${figure(ratio)} of the encode`);
      rows.push({
        key: `quality.cost-${metric}-${seconds}s`,
        what: `${metric} of a 720p output of a 1080p film of ${seconds} s, CPU; peer: its encode`,
        ours: `${figure(measureSeconds)} s`,
        peer: `${figure(encodeSeconds)} s`,
        ratio,
        bar: `≤ ${PART_MAX}`,
        ...(!isQuick && { isMet: ratio <= PART_MAX }),
      });
    }
  }
  return rows;
}

async function scaleRows(
  engine: NativeEngine,
  all: readonly Metric[],
  { isQuick, scratch, say }: PartOptions,
): Promise<Findings> {
  const films = FILMS.map((name) => join(MEDIA, name)).filter(existsSync);
  if (films.length === 0) {
    say(`quality.scale: there are no films in ${MEDIA}`);
    return { rows: [], facts: {} };
  }
  const codecs = CODECS.filter((codec) =>
    engine.capabilities.encoders.includes(VIDEO_ENCODERS[codec]),
  );
  const metrics = all.filter((metric) => metric !== "xpsnr");
  const facts: Record<string, Partial<Record<Metric, number>>> = {};
  const rows: Row[] = [];
  for (const quality of isQuick ? [70] : QUALITIES) {
    for (const codec of codecs) {
      const each: Partial<Record<Metric, number>>[] = [];
      for (const source of isQuick ? films.slice(0, 1) : films) {
        const qlty: Partial<Qlty> = { format: codec, rc_mode: "quality", quality, width: 640 };
        each.push((await measuredBy(engine, { scratch, source, qlty }, metrics)).values);
      }
      facts[`${codec} ${quality}`] = Object.fromEntries(
        metrics.map((metric) => [metric, mean(metric, each)]),
      );
      say(`quality.scale: ${codec} at ${quality}: ${JSON.stringify(facts[`${codec} ${quality}`])}`);
    }
    rows.push(scaleRow(quality, codecs, facts));
  }
  return { rows, facts };
}

/** SSIM is averaged in decibels, as it is nearly 1 wherever a film is fine. */
function mean(metric: Metric, each: readonly Partial<Record<Metric, number>>[]): number {
  const values = each.map((one) => one[metric] ?? 0);
  const average = (list: readonly number[]) =>
    list.reduce((sum, one) => sum + one, 0) / list.length;
  return metric === "ssim" ? 1 - 10 ** (-average(values.map(decibels)) / 10) : average(values);
}

const decibels = (ssim: number): number => -10 * Math.log10(1 - ssim);

function scaleRow(
  quality: number,
  codecs: readonly string[],
  facts: Readonly<Record<string, Partial<Record<Metric, number>>>>,
): Row {
  const of = (codec: string) => facts[`${codec} ${quality}`] ?? {};
  const told = codecs.map((codec) => {
    const { ssim = 0, vmaf } = of(codec);
    return `${codec} ${ssim.toFixed(4)}${vmaf === undefined ? "" : ` (${vmaf.toFixed(1)})`}`;
  });
  const own = decibels(of("h264").ssim ?? 0);
  const apart = codecs.map((codec) => Math.abs(decibels(of(codec).ssim ?? 0) - own));
  const most = Math.max(...apart);
  return {
    key: `quality.scale-${quality}`,
    what: `SSIM (VMAF) of real films at quality ${quality}; how far the codecs are from h264`,
    ours: told.join(", "),
    peer: `${figure(most)} dB`,
    bar: `≤ ${APART_MAX_DB} dB`,
    isMet: most <= APART_MAX_DB,
  };
}
