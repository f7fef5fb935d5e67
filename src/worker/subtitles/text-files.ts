import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CueTrack,
  cutCues,
  escapeCue,
  flattenCues,
  formatWebVtt,
  parseWebVtt,
} from "../../manifest/write/webvtt.ts";
import type { SubtitleText } from "../../plan/plan.ts";

/**
 * Makes of the texts that a run has taken out of the source those that outputs are made of: the part that was asked for, from its
 * beginning on.
 */
export async function settleTexts(folder: string, texts: readonly SubtitleText[]): Promise<void> {
  for (const { raw, file, flat, isConverted, fromSeconds, toSeconds } of texts) {
    const track = await readTexts(join(folder, raw));
    const cues = cutCues(isConverted ? track.cues.map(escapeCue) : track.cues, {
      fromMs: Math.round(fromSeconds * 1000),
      ...(toSeconds !== undefined && { toMs: Math.round(toSeconds * 1000) }),
    });
    await writeFile(join(folder, file), formatWebVtt({ ...track, cues }));
    if (flat === undefined) continue;
    await writeFile(join(folder, flat), formatWebVtt({ head: [], cues: flattenCues(cues) }));
  }
}

/** Reads a file of texts. */
export const readTexts = async (path: string): Promise<CueTrack> =>
  parseWebVtt(await readFile(path, "utf8"));
