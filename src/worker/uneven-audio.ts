import type { Plan } from "../plan/plan.ts";
import { aacHeadersOf } from "../probe/bytes/aac-headers.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";

/**
 * Marks the audio of a source if its rate or channels change midway: an output has one header for all of it, so such audio cannot be
 * copied. This reads the whole source, so it is done only if a plan copies the audio and the format allows such changes.
 *
 * @param plan - made as if nothing changed
 * @param bytes - reads the source from its beginning
 */
export async function withUnevenAudio(
  media: MediaInfo,
  plan: Plan,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<MediaInfo> {
  const { audio } = media;
  const isCopied = plan.products.some((product) => product.audio.action === "copy");
  const headers =
    isCopied && audio?.codec === "aac" && aacHeadersOf(demuxerOf(media.format), audio.pid);
  if (!audio || !headers) return media;
  for await (const chunk of bytes()) {
    headers.push(chunk);
    if (headers.isUneven()) return { ...media, audio: { ...audio, isUneven: true } };
  }
  return media;
}
