import type { Assignment } from "../profile/profile.ts";
import type { Work } from "../queue/queue.ts";
import { GrowingPieces } from "./growing-pieces.ts";
import { type GrowingRecording, GrowingStream } from "./growing-recording.ts";
import { GrowingStreams } from "./growing-streams.ts";
import { type Line, setTagOf } from "./line.ts";

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
