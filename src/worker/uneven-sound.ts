import { createReadStream } from "node:fs";
import type { Plan } from "../plan/plan.ts";
import { aacHeadersOf } from "../probe/aac-headers.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { SourceFile } from "./probe-source.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * The source, with its sound marked where its rate or channels change midway: one header cannot tell both, so that it is not to be
 * copied. All of a file is read for that, so only where its format can do it and a plan copies the sound.
 *
 * @param plan - made as if nothing changed
 */
export async function withUnevenSound(
  source: SourceFile,
  plan: Plan,
  signal: AbortSignal,
): Promise<SourceFile> {
  const { media, path } = source;
  const { audio } = media;
  const isCopied = plan.products.some((product) => product.audio.action === "copy");
  const headers = isCopied && audio?.codec === "aac" && aacHeadersOf(demuxerOf(media.format));
  if (!audio || !headers) return source;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    headers.push(chunk);
    if (headers.isUneven())
      return { ...source, media: { ...media, audio: { ...audio, isUneven: true } } };
  }
  return source;
}
