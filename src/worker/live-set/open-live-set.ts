import { isOfSource } from "../../profile/containers.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Run } from "../run.ts";
import { AdaptiveLiveSet } from "./adaptive-live-set.ts";
import { type LiveSet, SimpleLiveSet } from "./live-set.ts";
import { RecordedSegments } from "./recorded-segments.ts";

/** Opens the live set of an assignment, and continues that of an earlier attempt. @param folder - absolute path; it exists */
export async function openLiveSet(
  { engine, setTag: tag, now }: Run,
  { rendition: { container }, set }: Assignment,
  folder: string,
): Promise<LiveSet> {
  const segments = await RecordedSegments.open(folder);
  if (!set || isOfSource(container)) return new SimpleLiveSet(segments, engine);
  return AdaptiveLiveSet.open(segments, engine, { container, tag, now });
}
