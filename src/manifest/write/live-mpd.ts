import { WINDOW_SEGMENTS } from "./live-playlist.ts";
import { rewriteManifest } from "./set-playlists.ts";

/** The manifest of one run of a live set, as ffmpeg's `dash` muxer writes it, and how long its segments last. */
export type RunManifest = {
  /** The number of the run. */
  readonly part: number;
  readonly text: string;
  readonly seconds: number;
};

/** When a set began (ISO 8601), and the time now, in ms since the epoch. */
export type ManifestTimes = { readonly available: string; readonly publishMs: number };

/** How often players look for new segments, and how far behind the newest one they begin. */
const UPDATE_SECONDS = 2;
const DELAY_SECONDS = 6;
/** How many of the last runs are named while a set is live. */
const RUNS_NAMED = 3;

const PERIOD = /<Period[^>]*>\n?([\s\S]*?)\s*<\/Period>/;
const AVAILABLE = /availabilityStartTime="([^"]*)"/;
const TIMELINE = /startNumber="(\d+)">\s*<SegmentTimeline>([\s\S]*?)<\/SegmentTimeline>/g;
const SEGMENTS = /<S (?:t="(-?\d+)" )?d="(\d+)"(?: r="(\d+)")? \/>/g;

/** The availability start time of ffmpeg's manifest; undefined if its run has ended. */
export const availableFrom = (manifest: string): string | undefined =>
  AVAILABLE.exec(manifest)?.[1];

/**
 * The manifest of a live set. Each run is a period of its own, as its streams begin anew; periods follow each other without a gap, however
 * long the source was away. While the set is live, it names the newest segments of the last few runs, and then all.
 *
 * @param runs - all, in their order; the last one continues until the set has ended
 * @param prefix - precedes the names of segments: the folder that they lie in, relative to the manifest
 * @see ISO/IEC 23009-1, 5.3
 */
export function liveMpd(
  runs: readonly RunManifest[],
  prefix: string,
  hasEnded: boolean,
  { available, publishMs }: ManifestTimes,
): string {
  let start = 0;
  const periods = runs.map(({ part, text, seconds }, index) => {
    const isOpen = !hasEnded && index === runs.length - 1;
    const duration = isOpen ? "" : ` duration="${timeOf(seconds)}"`;
    const named = PERIOD.exec(rewriteManifest(text, (name) => prefix + name))?.[1] ?? "";
    const streams = hasEnded ? named : newestOf(named);
    const period = `\t<Period id="${part}" start="${timeOf(start)}"${duration}>\n${streams}\n\t</Period>`;
    start += seconds;
    return period;
  });
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
    ...(hasEnded ? periods : periods.slice(-RUNS_NAMED)),
    "</MPD>",
    "",
  ].join("\n");
}

/** Streams with only the newest of their segments, with unchanged numbers and times. */
const newestOf = (streams: string): string =>
  streams.replace(TIMELINE, (whole, first: string, timeline: string) => {
    const segments: { readonly time: number; readonly length: string }[] = [];
    let time = 0;
    for (const [, at, length = "0", repeats = "0"] of timeline.matchAll(SEGMENTS)) {
      time = at === undefined ? time : Number(at);
      for (let left = Number(repeats); left >= 0; left -= 1) {
        segments.push({ time, length });
        time += Number(length);
      }
    }
    const dropped = segments.length - WINDOW_SEGMENTS;
    if (dropped <= 0) return whole;
    const kept = segments.slice(dropped);
    const lines = kept.map(({ time: at, length }) => `<S t="${at}" d="${length}" />`).join("\n");
    return `startNumber="${Number(first) + dropped}">\n<SegmentTimeline>\n${lines}\n</SegmentTimeline>`;
  });

const timeOf = (seconds: number): string => `PT${seconds.toFixed(3)}S`;
