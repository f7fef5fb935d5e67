import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { segmentsOf } from "../../manifest/write/set-playlists.ts";
import type { PlannedOutput } from "../../plan/plan.ts";
import { WrongOutput } from "../../plan/verify/wrong-output.ts";
import { lacksParameterSets } from "../../probe/bytes/segment-start.ts";
import { PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import { carrierOf, isSet } from "../../profile/container-rules.ts";
import { factsOf } from "../../profile/containers.ts";

/** The first slice of a segment begins within so many bytes, behind its parameter sets. */
const START_BYTES = 64 * PACKET_BYTES;

/**
 * Refuses a set of copied H.264 if a segment cannot be played alone, as players do after a seek.
 *
 * @param folder - the attempt's work folder
 * @throws {TaskError} `output_wrong`
 */
export async function refuseBareSegments(
  { container, entry, video, expect }: PlannedOutput,
  folder: string,
): Promise<void> {
  const codec = expect.video?.codec;
  const isBroadcast = isSet(container) && factsOf(carrierOf(container, codec)).isBroadcast;
  if (!isBroadcast || video.action !== "copy" || codec !== "h264") return;
  const path = join(folder, entry);
  // If the playlist is missing, the probe says so.
  const playlist = await readFile(path, "utf8").catch(() => "");
  for (const name of segmentsOf(playlist)) {
    const file = await open(join(dirname(path), name));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
      if (lacksParameterSets(buffer.subarray(0, bytesRead)))
        throw new WrongOutput("a segment lacks the parameter sets of its pictures", "video");
    } finally {
      await file.close();
    }
  }
}
