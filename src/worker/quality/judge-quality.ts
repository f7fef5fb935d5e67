import { getLogger } from "@logtape/logtape";
import { standInFault } from "../../plan/decide/copy-decision.ts";
import type { MeasuredOutput, Measuring } from "../../plan/measuring/measuring.ts";
import type { PlannedOutput } from "../../plan/plan.ts";
import { type Raised, raisedAssignment, raisedQuality } from "../../plan/raise.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Assignment } from "../../profile/profile.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import type { Run } from "../run.ts";
import { type MadeIn, type Measured, measureProducts, withQuality } from "./measure-products.ts";

const log = getLogger(["pontus", "worker"]);

/** Products of a plan, verified, in the order of its assignments. */
export type MadeProducts = {
  readonly planned: Planned;
  readonly assignments: readonly Assignment[];
  readonly verified: readonly Verified[];
};

/** What judging quality needs. */
export type QualityPorts = MadeIn & {
  readonly run: Pick<Run, "engine" | "signal" | "onLog" | "warn" | "decide"> & {
    readonly task: Pick<Run["task"], "clip">;
  };
  /** Makes another product of the source. @throws {TaskError} what planning, running and verifying throw */
  readonly make: (assignment: Assignment) => Promise<MadeProducts>;
};

/** One product on its way to be delivered. */
type Item = {
  readonly at: number;
  readonly assignment: Assignment;
  readonly product: PlannedOutput;
  readonly verified: Verified;
  readonly qualities: readonly Measured[];
};

/**
 * Does for finished products what their profile asks of their quality: keeps the source's picture where the encode is larger than the
 * source, measures the others, and encodes once more what comes to less than its target.
 *
 * @returns the products to deliver, in the same order
 * @throws {TaskError} what stops the whole run; an output that could not be measured, or not be made otherwise, stays as it is
 */
export async function judgeQuality(
  ports: QualityPorts,
  { planned, assignments, verified }: MadeProducts,
): Promise<readonly Verified[]> {
  const { plan, media } = planned;
  const items = plan.products.flatMap((product, at): readonly Item[] => {
    const [assignment, made] = [assignments[at], verified[at]];
    return assignment && made ? [{ at, assignment, product, verified: made, qualities: [] }] : [];
  });
  const small: Item[] = [];
  for (const item of items) small.push(await keptIfLarger(ports, item, media));
  const measured = await measure(ports, plan.measuring, small);
  const done: Item[] = [];
  for (const item of measured) {
    const better = await encodedOnceMore(ports, item);
    done.push(better === item ? item : await keptIfLarger(ports, better, media));
  }
  return done.map(({ verified: made, qualities, product }) =>
    withQuality(made, qualities, product),
  );
}

/** What fails here is no failure of the task, which has its outputs; what stops the run is. */
async function unless<T>(
  { run }: QualityPorts,
  act: () => Promise<T>,
  toWarning: (why: string) => Warning,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    run.signal.throwIfAborted();
    const { code, message } = toTaskError(error);
    if (code === "lease_lost" || code === "cancelled") throw error;
    log.info("Goes on without what was asked of its quality: {error}", { error });
    await run.warn([toWarning(message)]);
    return undefined;
  }
}

async function keptIfLarger(
  ports: QualityPorts,
  item: Item,
  { video, sizeBytes: sourceBytes = Number.POSITIVE_INFINITY }: MediaInfo,
): Promise<Item> {
  const { run, make } = ports;
  const { at, assignment, product, verified } = item;
  const { sizeBytes } = verified.output;
  const wanted = product.video.action === "encode" ? assignment.rendition.video : "none";
  if (typeof wanted === "string" || !wanted.skipsLarger || sizeBytes <= sourceBytes) return item;
  const larger = `Output ${at} has ${sizeBytes} bytes and the source ${sourceBytes}`;
  const copy = await unless(
    ports,
    async () => {
      const fault = video && standInFault(wanted, video, run.task.clip !== undefined);
      if (fault !== undefined) throw new TaskError("output_not_supported", fault);
      const { rendition } = assignment;
      return await make({ ...assignment, rendition: { ...rendition, video: "copy" } });
    },
    (why) => ({
      code: "output_larger",
      message: `${larger}, but its picture cannot be kept: ${why}`,
    }),
  );
  const [made] = copy?.verified ?? [];
  const [kept] = copy?.planned.plan.products ?? [];
  if (!made || !kept) return item;
  const message = `${larger}, so its picture is kept in place of the encode`;
  await run.warn([{ code: "source_kept", message }]);
  return { ...item, product: kept, verified: made, qualities: [] };
}

/** The same items, with what was measured of those that are encoded. */
async function measure(
  ports: QualityPorts,
  measuring: Measuring | undefined,
  items: readonly Item[],
): Promise<readonly Item[]> {
  const isEncoded = ({ product }: MeasuredOutput) =>
    items.some(({ at, product: { video } }) => at === product && video.action === "encode");
  const outputs = measuring?.outputs.filter(isEncoded) ?? [];
  if (!measuring || outputs.length === 0) return items;
  const unmeasured = (why: string): Warning => ({
    code: "quality_unmeasured",
    message: `The quality of the outputs could not be measured: ${why}`,
  });
  const measured = await unless(
    ports,
    () => measureProducts(ports.run, ports, { ...measuring, outputs }, items),
    unmeasured,
  );
  if (measured && measured.length < outputs.length)
    await ports.run.warn([unmeasured("none of their pictures meets one of the source")]);
  return items.map((item) => ({
    ...item,
    qualities: measured?.filter(({ output }) => output.product === item.at) ?? [],
  }));
}

/** The item, or what became of it by a higher quality, if it is below what it is to come to. */
async function encodedOnceMore(ports: QualityPorts, item: Item): Promise<Item> {
  const { assignment, product, qualities } = item;
  const missed = qualities.filter(isMissed);
  const raises = missed.flatMap(raiseOf);
  if (missed.length === 0) return item;
  if (raises.length === 0) return await told(ports, item);
  ports.run.decide(`Encodes output ${item.at} once more: ${missed.map(sayMissed).join("; ")}`);
  const again = await unless(
    ports,
    () => ports.make(raisedAssignment(assignment, product, raises)),
    (why) => ({
      code: "quality_missed",
      message: `${missed.map(sayMissed).join("; ")}, and it could not be encoded once more: ${why}`,
    }),
  );
  const [verified] = again?.verified ?? [];
  const [made] = again?.planned.plan.products ?? [];
  if (!again || !verified || !made) return item;
  const raised: Item = { ...item, at: 0, product: made, verified, qualities: [] };
  const [better = raised] = await measure(ports, again.planned.plan.measuring, [raised]);
  const own = { ...better, at: item.at, qualities: better.qualities.map(after(qualities)) };
  return await told(ports, own);
}

const isMissed = ({ output, quality }: Measured): boolean =>
  output.min !== undefined && quality.value < output.min;

function raiseOf({ output, quality: { value } }: Measured): readonly Raised[] {
  const { metric, min = 0, quality, track } = output;
  const to = quality === undefined ? undefined : raisedQuality(metric, { quality, value, min });
  if (to === undefined || quality === undefined) return [];
  return [{ ...(track !== undefined && { track }), from: quality, to }];
}

/** Notes what the first encode came to. */
const after =
  (before: readonly Measured[]) =>
  ({ output, quality }: Measured): Measured => {
    const first = before.find((one) => one.output.track === output.track)?.quality;
    if (first?.quality === undefined || first.quality === quality.quality)
      return { output, quality };
    return {
      output,
      quality: { ...quality, first: { quality: first.quality, value: first.value } },
    };
  };

const sayMissed = ({ output: { metric, min }, quality: { value } }: Measured): string =>
  `its ${metric} is ${value} and is to be ${min}`;

/** Warns of what is still below what it is to come to. */
async function told({ run }: QualityPorts, item: Item): Promise<Item> {
  const missed = item.qualities.filter(isMissed);
  if (missed.length > 0) {
    const message = `Output ${item.at} is not as good as it is to be: ${missed.map(sayMissed).join("; ")}`;
    await run.warn([{ code: "quality_missed", message }]);
  }
  return item;
}
