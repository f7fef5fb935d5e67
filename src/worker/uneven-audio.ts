import { withSound } from "../plan/decide/sounds.ts";
import type { Plan, PlannedOutput } from "../plan/plan.ts";
import { aacHeadersOf } from "../probe/bytes/aac-headers.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { AudioStream, MediaInfo } from "../probe/media.ts";

/**
 * Marks the sounds of a source whose rate or channels change midway: an output has one header for all of a sound, so such sound cannot
 * be copied. This reads the whole source, so it is done only if a plan copies sound and the format allows such changes.
 *
 * @param plan - made as if nothing changed
 * @param bytes - reads the source from its beginning
 */
export async function withUnevenAudio(
  media: MediaInfo,
  plan: Plan,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<MediaInfo> {
  const copied = new Map(
    plan.products.flatMap((product) => copiesIn(product, media)).map((one) => [one.index, one]),
  );
  const looks = [...copied.values()].flatMap((stream) => {
    const headers = stream.codec === "aac" && aacHeadersOf(demuxerOf(media.format), stream.pid);
    return headers ? [{ stream, headers }] : [];
  });
  if (looks.length === 0) return media;
  const uneven = new Set<number>();
  for await (const chunk of bytes()) {
    for (const { stream, headers } of looks) {
      if (uneven.has(stream.index)) continue;
      headers.push(chunk);
      if (headers.isUneven()) uneven.add(stream.index);
    }
    if (uneven.size === looks.length) break;
  }
  return uneven.size === 0 ? media : marked(media, uneven);
}

/** The sounds of a source that a product copies. */
function copiesIn({ audio, sounds, set }: PlannedOutput, media: MediaInfo): readonly AudioStream[] {
  const tracks = (set?.tracks ?? []).flatMap(({ sound }) => sound ?? []);
  const chosen = sounds ?? (tracks.length > 0 ? tracks : undefined);
  if (!chosen) return audio.action === "copy" && media.audio ? [media.audio] : [];
  return chosen
    .filter((sound) => sound.audio.action === "copy")
    .flatMap(({ stream }) => withSound(media, stream).audio ?? []);
}

function marked(media: MediaInfo, uneven: ReadonlySet<number>): MediaInfo {
  const mark = <S extends MediaInfo["streams"][number]>(stream: S): S =>
    stream.kind === "audio" && uneven.has(stream.index) ? { ...stream, isUneven: true } : stream;
  const { audio, streams } = media;
  return { ...media, streams: streams.map(mark), ...(audio && { audio: mark(audio) }) };
}
