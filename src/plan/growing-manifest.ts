import { rewriteManifest } from "./playlist.ts";

/** The manifest of one run of a live set, as ffmpeg's `dash` muxer leaves it, and how long what it names lasts. */
export type RunManifest = { readonly text: string; readonly seconds: number };

/** How often players look for more, and how far behind the newest piece they begin. */
const UPDATE_SECONDS = 2;
const DELAY_SECONDS = 6;

const PERIOD = /<Period[^>]*>\n?([\s\S]*?)\s*<\/Period>/;
const AVAILABLE = /availabilityStartTime="([^"]*)"/;

/**
 * The manifest of a live set: each run is a period of its own, as its streams begin anew. They follow one another without a gap,
 * whatever time the source was away.
 *
 * @param runs - in their order; the last of them still grows, until the set has ended
 * @param prefix - of the names of segments: the folder that they lie in, relative to the manifest
 * @param publishMs - when this is told, since the epoch
 * @see ISO/IEC 23009-1, 5.3
 */
export function growingManifest(
  runs: readonly RunManifest[],
  prefix: string,
  hasEnded: boolean,
  publishMs: number,
): string {
  let start = 0;
  const periods = runs.map(({ text, seconds }, index) => {
    const isOpen = !hasEnded && index === runs.length - 1;
    const duration = isOpen ? "" : ` duration="${timeOf(seconds)}"`;
    const streams = PERIOD.exec(rewriteManifest(text, (name) => prefix + name))?.[1] ?? "";
    const period = `\t<Period id="${index}" start="${timeOf(start)}"${duration}>\n${streams}\n\t</Period>`;
    start += seconds;
    return period;
  });
  const available = AVAILABLE.exec(runs[0]?.text ?? "")?.[1] ?? new Date(publishMs).toISOString();
  const attributes = hasEnded
    ? [`type="static"`, `mediaPresentationDuration="${timeOf(start)}"`]
    : [
        `type="dynamic"`,
        `availabilityStartTime="${available}"`,
        `publishTime="${new Date(publishMs).toISOString()}"`,
        `minimumUpdatePeriod="PT${UPDATE_SECONDS}S"`,
        `suggestedPresentationDelay="PT${DELAY_SECONDS}S"`,
      ];
  return [
    `<?xml version="1.0" encoding="utf-8"?>`,
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT${UPDATE_SECONDS}S" ${attributes.join(" ")}>`,
    ...periods,
    "</MPD>",
    "",
  ].join("\n");
}

const timeOf = (seconds: number): string => `PT${seconds.toFixed(3)}S`;
