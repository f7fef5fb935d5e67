import type { ToldStream } from "../../plan/verify/told-colour.ts";
import { readTold } from "../output/iso-file.ts";
import type { RecordedSegments } from "./recorded-segments.ts";

/**
 * Reads what the streams of each run tell players (codec strings, colours) of a live set from its init segments, once the run has a segment of every stream. Known ones are
 * not read again.
 *
 * @param tracks - how many streams the set has
 * @param known - what is told of each run by part; new ones are added
 */
export async function readRunCodecs(
  segments: RecordedSegments,
  tracks: number,
  known: Map<number, readonly ToldStream[]>,
): Promise<void> {
  for (const { part } of segments.parts) {
    if (known.has(part)) continue;
    const all: ToldStream[] = [];
    for (let track = 0; track < tracks; track += 1) {
      const segment = segments.ofTrack(track).find((one) => one.part === part);
      const path = segment?.init && segments.pathOf(segment, segment.init);
      const told = path ? await readTold(path).catch(() => undefined) : undefined;
      if (told) all.push(told);
    }
    if (all.length === tracks) known.set(part, all);
  }
}
