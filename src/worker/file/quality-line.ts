import { type PlanRequest, planTask } from "../../plan/plan-task.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Assignment } from "../../profile/profile.ts";
import { addDamage, NO_DAMAGE } from "../../task/damage.ts";
import { capabilitiesOf } from "../hardware/on-hardware.ts";
import type { Planned } from "../plan-source.ts";
import { onceMore } from "../progress.ts";
import type { MadeProducts } from "../quality/judge-quality.ts";
import type { Run } from "../run.ts";
import { type FileLine, fileLine } from "./file-line.ts";
import { limited } from "./quota.ts";

/** Where a run works, and what it reads. */
type Place = Parameters<typeof fileLine>[1];

/**
 * Verifies what a line has made, and does then what its profiles ask of quality. What is made for that lies in folders behind those of the
 * plan, and is limited like that.
 */
export const verifiedWithQuality =
  (run: Run, place: Place, request: PlanRequest, line: FileLine): FileLine["verify"] =>
  async (planned, damage) => {
    const verified = await line.verify(planned, damage);
    const { assignments } = request;
    // Few profiles ask for it.
    if (!asksForQuality(planned, assignments)) return verified;
    const { judgeQuality } = await import("../quality/judge-quality.ts");
    let folders = assignments.length;
    const make = (assignment: Assignment) =>
      makeOne(run, place, planned, {
        ...request,
        assignments: [assignment],
        firstFolder: folders++,
      });
    const ports = { run, folder: place.folder, sourcePath: place.path, make };
    return judgeQuality(ports, { planned, assignments, verified });
  };

const asksForQuality = ({ plan }: Planned, assignments: readonly Assignment[]): boolean =>
  plan.measuring !== undefined ||
  assignments.some(({ rendition: { video } }) => typeof video === "object" && video.skipsLarger);

async function makeOne(
  run: Run,
  place: Place,
  { media }: Planned,
  request: PlanRequest,
): Promise<MadeProducts> {
  const { assignments } = request;
  const capabilities = await capabilitiesOf(run);
  const planFor = (known: MediaInfo) => planTask(request, known, capabilities);
  const line = fileLine(run, place, planFor);
  const within = limited({ assignments, disk: run.disk, signal: run.signal }, place.folder, line);
  const planned = await line.plan(media);
  await within.check(planned);
  let damage = NO_DAMAGE;
  for (const step of planned.plan.steps)
    await within.runStep(step, {
      onProgress: (report) => run.onProgress(onceMore(report)),
      onLog: run.onLog,
      onDamage: (ofRun) => {
        damage = addDamage(damage, ofRun);
      },
    });
  return { planned, assignments, verified: await line.verify(planned, damage) };
}
