import type { Assignment } from "../../profile/profile.ts";
import type { Work } from "../../queue/queue.ts";
import { type Line, setTagOf } from "../run.ts";
import { GrowingStreams } from "./adaptive-live-set.ts";
import { type GrowingRecording, GrowingStream } from "./live-set.ts";
import { GrowingPieces } from "./recorded-segments.ts";

/** Takes up the recording of an assignment whose pieces are sent while it grows. @param folder - absolute; it is there */
export async function openRecording(
  work: Work,
  { rendition: { container }, set }: Assignment,
  { engine }: Line,
  folder: string,
): Promise<GrowingRecording> {
  const pieces = await GrowingPieces.open(folder);
  if (!set || container === "copy") return new GrowingStream(pieces, engine);
  return GrowingStreams.open(pieces, engine, { container, tag: setTagOf(work), now: Date.now });
}
