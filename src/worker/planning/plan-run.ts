import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LiveEngine, LiveInput } from "../../engine/engine.ts";
import type { Reach } from "../../lib/reach.ts";
import { isGivenAsManifest } from "../../manifest/manifest.ts";
import { forecast } from "../../plan/forecast.ts";
import { planner } from "../../plan/join-sources.ts";
import { isAnyLive } from "../../plan/live/places.ts";
import { planLive } from "../../plan/live/plan-live.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Planned as Outlook } from "../../service/plan-new-task.ts";
import type { NewTask } from "../../store/store.ts";
import { TaskError } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";
import type { Warning } from "../../task/warnings.ts";
import { openInPlace, planStreamed } from "../diskless/process-streamed.ts";
import { fileLine } from "../file/file-line.ts";
import { joinOf } from "../further/join-parts.ts";
import { openFurther, readFurther } from "../further/open-further.ts";
import { capabilitiesOf } from "../hardware/on-hardware.ts";
import { liveForecast } from "../live/live-forecast.ts";
import { liveEngineOf } from "../live/process-live.ts";
import { lengthsOfOwn, type SliceLengths, sharedCapabilities } from "../parts/slicing.ts";
import { type Planned, planSource } from "../plan-source.ts";
import { isKept } from "../reuse/foretell.ts";
import type { Results } from "../reuse/result-keys.ts";
import { Run } from "../run.ts";
import type { RunPorts } from "../run-ports.ts";
import { openLiveEdge } from "../source/live-edge-source.ts";
import { probeStreamed } from "../source/probe-source.ts";
import { withCaptions } from "../source/source-captions.ts";
import { isGivenAsAudio } from "../source/trim-audio.ts";
import { openSample, type Sample, sampleManifest } from "./sample-source.ts";

/** Stands for the task that a plan is for: the names that the tags of segments are made of. */
const PLANNED_ID = "00000000-0000-7000-8000-000000000000";

/** Nothing of a plan is kept. */
const NO_STORE: RunPorts["store"] = {
  mayPublish: async () => {},
  saveLog: async () => {},
  saveProgress: async () => {},
  saveSource: async () => {},
  saveTarget: async () => {},
  saveWarnings: async () => {},
};

const SAMPLED: Warning = {
  code: "source_sampled",
  message:
    "Only parts of the source were read for this plan: what shows only when all of it is read may change it",
};

/** What a plan works with: what a run does, but no store. */
export type PlanningPorts = Omit<RunPorts, "store" | "insist"> & {
  /** Present if long encodes are shared with other workers. */
  readonly slicing?: SliceLengths;
  /** Present if what runs have made is kept. */
  readonly results?: Results;
  /** Present if finished slices of long encodes are kept for a later run. */
  readonly resumed?: SliceLengths;
};

/** The conditions of a plan. */
type Conditions = {
  /** Of the task's client; null is everything. */
  readonly reach: Reach | null;
  readonly signal: AbortSignal;
  readonly ports: PlanningPorts;
  /** Absolute path of this instance's scratch folder; undefined if nothing may be written. */
  readonly scratch: string | undefined;
};

/** As `Planner` of `service/plan-new-task.ts`. */
export async function planFor(
  task: NewTask,
  { reach, signal, ports, scratch }: Conditions,
): Promise<Outlook> {
  const run = plannedRun(task, reach, ports);
  const stop = () => run.abort(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    return await planRun(run, scratch, ports);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The run that a task would have if it was created now, which writes nothing down. */
function plannedRun(given: NewTask, reach: Reach | null, ports: PlanningPorts): Run {
  const { clientCode, sourceUrl, profileName, priority, clip, extras } = given;
  const nowMs = ports.now();
  const task: Task = {
    ...{ id: PLANNED_ID, clientCode, sourceUrl, profileName, priority },
    targets: given.targets.map(({ url }) => ({ url, status: "PENDING" })),
    ...{ status: "RUNNING", createMs: nowMs, startMs: nowMs },
    ...{ cancelRequested: false, attempt: 1, attempts: [] },
    ...(clip && { clip }),
    ...(extras && { extras }),
  };
  const { assignments } = given;
  const claim = { taskId: PLANNED_ID, attempt: 1 };
  return new Run(
    { claim, task, assignments, failures: 0, reach },
    { ...ports, store: NO_STORE, insist: (write) => write() },
  );
}

/**
 * Probes the source of a run and plans for it, as the run would by the line that suits the task and this host. Nothing is left of it.
 *
 * @param scratch - absolute path of this instance's scratch folder; undefined if nothing may be written
 * @throws {TaskError} what a run fails with before its first step, or the reason of the run's signal
 */
async function planRun(
  run: Run,
  scratch: string | undefined,
  ports: PlanningPorts,
): Promise<Outlook> {
  if (scratch === undefined) return planInPlace(run);
  const folder = join(scratch, `plan-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    if (!isAnyLive(run.places)) return await planFile(run, folder, ports);
    await run.judgeAgain();
    return await planLiveRun(run, folder);
  } finally {
    await run.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function planInPlace(run: Run): Promise<Outlook> {
  const { streamed } = run.engine;
  // Without a disk there is no other engine.
  if (!streamed) throw new RangeError("Cannot plan: this engine needs a disk");
  const opened = await openInPlace(run);
  try {
    const isAudio = isGivenAsAudio(run.task.sourceUrl);
    const { source, media } = await probeStreamed(opened, streamed, run.signal, isAudio);
    const further = await readFurther(run);
    const planned = await planStreamed(media, run, streamed, { source, further }, run.assignments);
    return told(planned, streamed.capabilities, []);
  } finally {
    opened.close();
    await run.end();
  }
}

const told = (
  { plan, media }: Planned,
  capabilities: Run["engine"]["capabilities"],
  more: readonly Warning[],
): Outlook => {
  const made = forecast(plan, media, capabilities);
  return { media, forecast: { ...made, warnings: [...made.warnings, ...more] } };
};

/** The same of a source whose length nobody knows. */
function endless({ media, forecast: { sizeBytes: _, seconds: __, ...rest } }: Outlook): Outlook {
  const { durationSeconds: ___, ...lasting } = media;
  return { media: lasting, forecast: rest };
}

async function planFile(
  run: Run,
  folder: string,
  { slicing, resumed, results }: Pick<PlanningPorts, "slicing" | "resumed" | "results">,
): Promise<Outlook> {
  let isPartial = false;
  let isEndless = false;
  const openOne = async (url: string, own: string): Promise<Sample> => {
    const opened = await openSample(url, run, own);
    isEndless ||= !("path" in opened);
    // A run that makes files fetches a live manifest to its end; what it names now shows what it holds.
    const sample =
      "path" in opened ? opened : await sampleManifest(opened.read.manifest, run, opened.place);
    isPartial ||= sample.isPartial;
    return sample;
  };
  const sample = await openOne(run.task.sourceUrl, folder);
  const further = await openFurther(run, folder, (url, _, own) => openOne(url, own));
  const request = run.planRequest(run.assignments, further);
  const join = joinOf(run, sample.media, further);
  const isOneFile = !isEndless && !join && !isGivenAsManifest(run.task.sourceUrl);
  const lengths =
    (isOneFile ? slicing : undefined) ?? (resumed && lengthsOfOwn(resumed, sample.own, join));
  const capabilities = sharedCapabilities(await capabilitiesOf(run), lengths);
  const planFor = planner(request, capabilities, join);
  const media = join?.media ?? sample.media;
  // What is joined is not there yet.
  const planned =
    sample.isPartial || join
      ? await planSource(media, planFor, unseen(media))
      : await fileLine(run, { folder, path: sample.path }, planFor).plan(sample.media);
  const outlook = told(planned, capabilities, isPartial ? [SAMPLED] : []);
  if (results && !isPartial && (await isKept(run, results, { ...planned, path: sample.path })))
    return allReused(outlook);
  return isEndless ? endless(outlook) : outlook;
}

/** The same where all of it was made before. */
const allReused = ({ media, forecast: { outputs, ...rest } }: Outlook): Outlook => ({
  media,
  forecast: { ...rest, outputs: outputs.map((output) => ({ ...output, reused: true })) },
});

/** What is looked up in a source of which only parts are here: nothing. */
const unseen = (media: MediaInfo) => ({
  bytes: async function* () {},
  packets: async () => media,
  captions: async (known: MediaInfo) => known,
});

async function planLiveRun(run: Run, folder: string): Promise<Outlook> {
  const live = liveEngineOf(run);
  const { sourceUrl } = run.task;
  if (run.places.source.kind === "live") {
    const media = await live.probe(sourceUrl, run.signal, run.reach);
    return await toldLive(run, live, media, { url: sourceUrl });
  }
  const opened = await openSample(sourceUrl, run, folder);
  if ("path" in opened) {
    const { path, media, isPartial }: Sample = opened;
    const outlook = await toldLive(run, live, media, { path, media });
    const { asksForCaptions } = livePlanOf(run, media);
    if (isPartial || !asksForCaptions) return outlook;
    const { media: known } = await withCaptions({ path, media }, run.signal);
    return await toldLive(run, live, known, { path, media: known });
  }
  let outlook: Outlook | undefined;
  await openLiveEdge(opened.read, run, opened.place, async (source) => {
    const waiting = { seenMs: run.now(), hasProduced: false, onMiss: () => {} };
    const feed = await source.next(waiting, run.signal);
    if (feed) outlook = await toldLive(run, live, feed.media, feed.input, feed.audioInput);
  });
  if (outlook) return outlook;
  throw new TaskError("source_never_came", "Cannot read the source: nothing came of it");
}

const livePlanOf = ({ assignments, places, engine }: Run, media: MediaInfo, audioInput = 0) =>
  planLive({ assignments, targets: places.targets, audioInput }, media, engine.capabilities);

async function toldLive(
  run: Run,
  live: LiveEngine,
  media: MediaInfo,
  input: LiveInput,
  audioInput?: number,
): Promise<Outlook> {
  const plan = livePlanOf(run, media, audioInput);
  const first = { offsetSeconds: 0, part: 0, prefix: run.segmentPrefix(0) };
  return { media, forecast: await liveForecast(run, live, { plan, run: first, input }) };
}
