import { createReadStream } from "node:fs";
import type { Engine } from "../../engine/engine.ts";
import type { Plan } from "../../plan/plan.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { type Planned, planSource } from "../plan-source.ts";
import type { SourceFile } from "../source/probe-source.ts";
import { withCaptions } from "../source/source-captions.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * Plans for a source that is a file (`planSource`), in which is looked up what its header does not tell.
 *
 * @param planFor - decides purely, by what is known of the source
 * @throws {TaskError} what planning and looking throw
 */
export const planFile = (
  { path, media }: SourceFile,
  planFor: (media: MediaInfo) => Plan,
  engine: Pick<Engine, "probe">,
  signal: AbortSignal,
): Promise<Planned> =>
  planSource(media, planFor, {
    bytes: () => createReadStream(path, { highWaterMark: CHUNK_BYTES, signal }),
    packets: () => engine.probe({ path, side: "source", packets: true }, signal),
    captions: async (known) => (await withCaptions({ path, media: known }, signal)).media,
  });
