import { readCodec } from "../output/iso-file.ts";
import type { RecordedSegments } from "./recorded-segments.ts";

/**
 * Reads the codec strings of each run of a live set from its init segments, once the run has a segment of every stream. Known ones are
 * not read again.
 *
 * @param tracks - how many streams the set has
 * @param known - the codec strings of each run by part; new ones are added
 */
export async function readRunCodecs(
  segments: RecordedSegments,
  tracks: number,
  known: Map<number, readonly string[]>,
): Promise<void> {
  for (const { part } of segments.parts) {
    if (known.has(part)) continue;
    const codecs: string[] = [];
    for (let track = 0; track < tracks; track += 1) {
      const segment = segments.ofTrack(track).find((one) => one.part === part);
      const path = segment?.init && segments.pathOf(segment, segment.init);
      const codec = path && (await readCodec(path).catch(() => undefined));
      if (codec) codecs.push(codec);
    }
    if (codecs.length === tracks) known.set(part, codecs);
  }
}
