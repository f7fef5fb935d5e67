import { isOfSource } from "../../profile/containers.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Work } from "../../queue/queue.ts";
import { type Line, setTagOf } from "../run.ts";
import { AdaptiveLiveSet } from "./adaptive-live-set.ts";
import { type LiveSet, SimpleLiveSet } from "./live-set.ts";
import { RecordedSegments } from "./recorded-segments.ts";

/** Takes up the recording of an assignment whose segments are sent while it grows. @param folder - absolute; it is there */
export async function openLiveSet(
  work: Work,
  { rendition: { container }, set }: Assignment,
  { engine }: Line,
  folder: string,
): Promise<LiveSet> {
  const segments = await RecordedSegments.open(folder);
  if (!set || isOfSource(container)) return new SimpleLiveSet(segments, engine);
  return AdaptiveLiveSet.open(segments, engine, { container, tag: setTagOf(work), now: Date.now });
}
