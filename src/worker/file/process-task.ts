import { mkdir } from "node:fs/promises";
import { getLogger } from "@logtape/logtape";
import { onceLoaded } from "../../lib/once.ts";
import { planner } from "../../plan/join-sources.ts";
import type { MadeRendition } from "../../plan/reuse/renditions.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Assignment } from "../../profile/profile.ts";
import { schemeOf } from "../../storage/storage.ts";
import { type ErrorCode, toTaskError } from "../../task/errors.ts";
import { joinedPath, joinOf } from "../further/join-parts.ts";
import { furtherPaths, openFurther } from "../further/open-further.ts";
import { capabilitiesOf } from "../hardware/on-hardware.ts";
import { deliverProducts, prepareTargets } from "../output/deliver-targets.ts";
import type { Verified } from "../output/verify-products.ts";
import { KeptParts } from "../parts/kept-parts.ts";
import {
  lengthsOfOwn,
  type SharedSource,
  type Sharing,
  type SliceLengths,
  sharedCapabilities,
} from "../parts/slicing.ts";
import { delivering } from "../progress.ts";
import type { RetryLimits } from "../retry.ts";
import type { Results } from "../reuse/result-keys.ts";
import type { JudgingRun, Run } from "../run.ts";
import { runLine } from "../runner.ts";
import { openSource } from "../source/open-source.ts";
import type { SourceFile } from "../source/probe-source.ts";
import { expectingOutput } from "./expect-output.ts";
import { type FileLine, fileLine } from "./file-line.ts";
import { GrowingSets } from "./growing-sets.ts";
import type { KeptEncodes } from "./kept-encodes.ts";
import { verifiedWithQuality } from "./quality-line.ts";
import { limited } from "./quota.ts";

// What uses results again: only where they are kept.
const reuseWork = onceLoaded(() => import("../reuse/reusing.ts"));

const log = getLogger(["pontus", "worker"]);

/**
 * Failures after which another run does not go on with the slices of this one: the outputs that they were joined to are wrong, or their
 * room is wanted.
 */
const BEGUN_ANEW: readonly ErrorCode[] = ["output_wrong", "copy_wrong", "scratch_full"];

/** Where a run works, and where products that could not be delivered are kept. */
export type Folders = {
  readonly folder: string;
  readonly kept: KeptEncodes;
  /** Of the operator's own fonts, if there is one. */
  readonly fonts?: string | undefined;
  /** How long encodes are shared with other workers; undefined if they are not. */
  readonly shared?: Sharing | undefined;
  /** What runs use again of each other; undefined if nothing is kept. */
  readonly results?: Results | undefined;
  /** How long encodes are cut whose finished slices are kept for a later run; undefined if none are. */
  readonly resumed?: SliceLengths | undefined;
  /** When a task gets another run. */
  readonly retries: RetryLimits;
};

/**
 * Carries out the run of a task: open, probe, plan, run, verify, deliver. Read top to bottom.
 *
 * Products that an earlier run has made and could not deliver are delivered without another encode, and a long encode goes on with the
 * slices that are finished. A target that fails is recorded and does not stop the others.
 *
 * @param folders - this function makes the attempt's own work folder; the caller removes it
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function processTask(run: Run, folders: Folders): Promise<void> {
  const { folder, kept, resumed, retries } = folders;
  const { task, signal } = run;
  await mkdir(folder, { recursive: true });
  const sets = new GrowingSets(run, folder, retries);
  try {
    const found = await kept.take(task.id, folder);
    // Targets are prepared only once there is something to send.
    const open = () => run.timed("fetch", () => openAll(run, folder));
    const opened = found.length > 0 ? undefined : await open();
    const wanted = await prepareTargets(run);
    const missing = new Set([...wanted].filter((index) => !isAmong(found, index)));
    if (missing.size < wanted.size) {
      log.info("Task {taskId} delivers what an earlier run has made", { taskId: task.id });
      run.decide("Delivers what an earlier run has made");
    }

    const source = missing.size === 0 ? undefined : (opened ?? (await open()));
    const slices = resumed && (await KeptParts.of(folder, task.id));
    const deliver = async (made: readonly Verified[]): Promise<void> => {
      await kept.note(task.id, folder, [...found, ...made]);
      await slices?.drop();
      const left = [...found, ...(await sets.complete(made))];
      await deliverProducts(run, forTargets(left, wanted));
    };
    if (source) {
      const assignments = assignmentsFor(missing, run.assignments, found);
      const growing = (line: FileLine) => sets.beginning(line, missing);
      await makeProducts(run, folders, { source, slices, assignments, growing, deliver });
    } else {
      run.onProgress(delivering(found[0]?.output.durationSeconds ?? 0));
      await run.timed("deliver", () => deliver([]));
    }
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    const { code } = toTaskError(reason);
    await sets.end(reason);
    // After a lost lease another run is under way; after a cancel nobody wants the outputs.
    if (code !== "lease_lost" && code !== "cancelled" && (await run.isNewest()))
      await kept.keep(
        folder,
        (index) => task.targets[index]?.status !== "SUCCESS",
        !BEGUN_ANEW.includes(code),
      );
    throw error;
  }
  if (run.failures.size > 0) await sets.end(...run.failuresInOrder);
  if (run.failures.size > 0 && (await run.isNewest()))
    await kept.keep(folder, (index) => run.failures.has(index));
}

/** What is to be made of an opened source, and how it is delivered. */
type Making = {
  readonly source: Awaited<ReturnType<typeof openAll>>;
  /** Those of an earlier run, and where those of this one are noted; undefined if none are kept. */
  readonly slices: KeptParts | undefined;
  readonly assignments: readonly Assignment[];
  /** Has a line publish sets while they are made, if that is asked for. */
  readonly growing: (line: FileLine) => FileLine;
  readonly deliver: (made: readonly Verified[]) => Promise<void>;
};

/** Plans, makes and verifies products, or uses what was made before of the same, and delivers them. */
async function makeProducts(
  run: Run,
  { folder, fonts, shared, resumed, results }: Folders,
  { source, slices, assignments, growing, deliver }: Making,
): Promise<void> {
  const { path, media, further } = source;
  const request = run.planRequest(assignments, further);
  const join = joinOf(run, media, further);
  const read = join ? { path: joinedPath(folder), joins: { join, firstPath: path } } : { path };
  const sharing = shared && sharingOf(shared, source, join);
  const lengths = sharing?.slicing ?? (resumed && lengthsOfOwn(resumed, source.own, join));
  const capabilities = sharedCapabilities(await capabilitiesOf(run), lengths);
  const keeping = slices && source.own && { kept: slices, source: source.own };
  // To find out whether there is something takes a read of the whole source, for which who waits to watch it does not wait.
  const asked = request.isGrowing ? undefined : results;
  const planWith = (known: MediaInfo, pictures?: readonly MadeRendition[]) =>
    planner({ ...request, ...(pictures && { made: pictures }) }, capabilities, join)(known);
  const planFor = (known: MediaInfo) => planWith(known, asked && []);
  const place = {
    ...{ folder, fonts, ...read, ...furtherPaths(further) },
    ...(sharing && { sharing }),
    ...(keeping && { keeping }),
  };
  const { judging, warned } = counted(run);
  const made = fileLine(judging, place, planFor);
  const line = growing({ ...made, ...expectingOutput(run, folder, made) });
  const verify = verifiedWithQuality(run, place, request, line);
  const { discard } = line;
  const of = {
    ...{ folder, path, isPassing: isPassing(run, source), assignments, warned, planWith, discard },
  };
  const used = asked && (await reuseWork()).reusing(run, asked, of);
  const own = { ...line, ...limited(run, folder, line), verify, deliver };
  const reports = used ? { ...run, onProgress: used.onProgress } : run;
  await runLine(reports, join?.media ?? media, { ...own, ...(used && { reuse: used.reuse }) });
}

/** Whether a source is a copy of our own: fetched, joined of segments, or cut out of what is around it. */
const isPassing = ({ task }: Run, { identity }: Pick<SourceFile, "identity">): boolean =>
  schemeOf(task.sourceUrl) !== "file" || identity === undefined;

/** What steps and verification work with, and how many warnings they have given. */
function counted({ engine, signal, warn, keysFor, decide, claim }: Run) {
  let given = 0;
  const judging: JudgingRun & Pick<Run, "decide" | "claim"> = {
    ...{ engine, signal, keysFor, decide, claim },
    warn: (warnings) => {
      given += warnings.length;
      return warn(warnings);
    },
  };
  return { judging, warned: () => given };
}

/** Opens the source and all that is read beside it. */
async function openAll(run: Run, folder: string) {
  const source = await openSource(run.task.sourceUrl, run, folder);
  return { ...source, further: await openFurther(run, folder) };
}

/** How encodes of a source are shared; undefined if other workers cannot read the same. */
const sharingOf = (
  shared: Sharing,
  { identity }: Pick<SourceFile, "identity">,
  join: unknown,
): SharedSource | undefined =>
  identity && join === undefined ? { ...shared, source: identity } : undefined;

const isAmong = (products: readonly Verified[], index: number): boolean =>
  products.some(({ targets }) => targets.includes(index));

/**
 * The assignments that must be encoded for the missing targets. If a target that cannot be written now shares an assignment with
 * a missing one, it stays part of it, so that a retry can deliver to it; nothing is encoded for that target alone.
 */
const assignmentsFor = (
  missing: ReadonlySet<number>,
  assignments: readonly Assignment[],
  found: readonly Verified[],
): readonly Assignment[] =>
  assignments
    .map((one) => ({ ...one, targets: one.targets.filter((index) => !isAmong(found, index)) }))
    .filter(({ targets }) => targets.some((index) => missing.has(index)));

/** The products, each with the wanted ones of its targets. */
const forTargets = (
  products: readonly Verified[],
  wanted: ReadonlySet<number>,
): readonly Verified[] =>
  products.map((product) => ({
    ...product,
    targets: product.targets.filter((index) => wanted.has(index)),
  }));
