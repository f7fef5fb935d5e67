import {
  type Manifest,
  ManifestBudget,
  refuseManifest,
  resolveUri,
  SECONDS_MAX,
  type Span,
  type Track,
} from "../manifest.ts";
import { expandSegments, type PeriodTime, type Wanted } from "./dash-segments.ts";
import { childrenOf, type Element, parseXml } from "./xml.ts";

/** A representation with the elements around it, the outermost first; inner statements replace outer ones. */
type Chosen = {
  readonly levels: readonly Element[];
  readonly id: string;
  readonly bandwidth: number;
};

/** The most periods: ten times those of ten hours of television with a break every five minutes. */
const PERIODS_MAX = 2_000;

/**
 * Reads a DASH manifest, and chooses the video with the most pixels and the audio with the highest bitrate of every period.
 *
 * @param base - the absolute address of the manifest
 * @param nowMs - the time by which the segments of a live manifest are counted that does not name them
 * @throws {TaskError} `source_not_media` (malformed), `input_not_supported` (encrypted, parts elsewhere, too long, no segments
 *   that can be told), `source_address_invalid`
 * @see ISO/IEC 23009-1
 */
export function parseDash(text: string, base: string, nowMs: number): Manifest {
  const mpd = parseXml(text);
  if (mpd.name !== "MPD") throw refuseManifest("source_not_media", "is no MPD");
  const isLive = mpd.attributes.get("type") === "dynamic";
  const totalSeconds = durationOf(mpd.attributes.get("mediaPresentationDuration"));
  const all = childrenOf(mpd, "Period");
  if (all.length === 0) throw refuseManifest("source_not_media", "names no period");
  const begun = durationOf(mpd.attributes.get("availabilityStartTime"), Date.parse);
  // The past periods of a live manifest have been played, however many they are; it continues in the last one.
  const periods = timesOf(all, totalSeconds).slice(isLive ? -1 : 0);
  refuseMany(periods);
  const budget = new ManifestBudget();
  const spans = periods.map(({ period, time }) => {
    const live = isLive
      ? { nowSeconds: nowMs / 1000 - (begun ?? 0) - time.startSeconds }
      : undefined;
    const at = { base: resolveAll(base, [mpd, period]), time, budget, ...(live && { live }) };
    return spanOf([mpd, period], at);
  });
  return { spans, isLive, segmentSeconds: longestOf(spans) };
}

const longestOf = (spans: readonly Span[]): number =>
  spans
    .flatMap(({ main, audio }) => (audio ? [main, audio] : [main]))
    .flatMap(({ segments }) => segments)
    .reduce((most, { seconds }) => Math.max(most, seconds), 0);

/** What the representations of a period have in common. */
type PeriodPlace = Pick<Wanted, "base" | "time" | "live" | "budget">;

/** A period, and when it plays. */
type TimedPeriod = { readonly period: Element; readonly time: PeriodTime };

function refuseMany(periods: readonly TimedPeriod[]): void {
  if (periods.length > PERIODS_MAX)
    throw refuseManifest("input_not_supported", `names more than ${PERIODS_MAX} periods`);
  const seconds = periods.reduce((sum, { time }) => sum + Math.max(0, time.seconds ?? 0), 0);
  if (seconds > SECONDS_MAX)
    throw refuseManifest("input_not_supported", "claims to be longer than a week");
}

function timesOf(periods: readonly Element[], totalSeconds: number | undefined) {
  let endSeconds = 0;
  const times = periods.map((period) => {
    const startSeconds = durationOf(period.attributes.get("start")) ?? endSeconds;
    const seconds = durationOf(period.attributes.get("duration"));
    endSeconds = startSeconds + (seconds ?? 0);
    return { startSeconds, seconds };
  });
  return periods.map((period, index): TimedPeriod => {
    const { startSeconds = 0, seconds } = times[index] ?? {};
    const until = times[index + 1]?.startSeconds ?? totalSeconds;
    const length = seconds ?? (until === undefined ? undefined : until - startSeconds);
    return { period, time: { startSeconds, ...(length !== undefined && { seconds: length }) } };
  });
}

function spanOf(outer: readonly Element[], place: PeriodPlace): Span {
  const sets = childrenOf(outer.at(-1), "AdaptationSet");
  for (const element of [...outer, ...sets]) refuseElsewhere(element);
  const video = bestOf(outer, sets, "video");
  const audio = bestOf(outer, sets, "audio");
  const main = video ?? audio;
  if (!main) throw refuseManifest("input_not_supported", "names neither video nor audio");
  const trackOf = ({ levels, id, bandwidth }: Chosen): Track => {
    if (levels.some((level) => childrenOf(level, "ContentProtection").length > 0))
      throw refuseManifest("input_not_supported", "says that it is encrypted");
    // The base of the outer elements is resolved already.
    const base = resolveAll(place.base, levels.slice(outer.length));
    return expandSegments({ ...place, levels, id, bandwidth, base });
  };
  return { main: trackOf(main), ...(video && audio && { audio: trackOf(audio) }) };
}

/** The representation of a kind with the most pixels, and of these the highest bitrate. */
function bestOf(
  outer: readonly Element[],
  sets: readonly Element[],
  kind: "video" | "audio",
): Chosen | undefined {
  const all = sets.flatMap((set) =>
    childrenOf(set, "Representation").map((representation, index) => {
      const own = (name: string) =>
        representation.attributes.get(name) ?? set.attributes.get(name) ?? "";
      return {
        levels: [...outer, set, representation],
        kind: kindOf(own),
        id: own("id") || String(index),
        bandwidth: Number(own("bandwidth")) || 0,
        pixels: Number(own("width")) * Number(own("height")) || 0,
      };
    }),
  );
  const [best] = all
    .filter((each) => each.kind === kind)
    .toSorted((a, b) => b.pixels - a.pixels || b.bandwidth - a.bandwidth);
  return best;
}

function kindOf(own: (name: string) => string): string {
  const said = (own("contentType") || own("mimeType")).split("/", 1)[0] ?? "";
  if (said !== "") return said;
  return /^(?:mp4a|opus|ac-3|ec-3|vorbis|flac)/i.test(own("codecs")) ? "audio" : "video";
}

/** Refuses parts of a manifest that lie elsewhere, as they would have to be fetched and judged in turn. */
function refuseElsewhere({ attributes }: Element): void {
  if (attributes.has("xlink:href"))
    throw refuseManifest("input_not_supported", "has parts that lie elsewhere");
}

function resolveAll(base: string, levels: readonly Element[]): string {
  return levels.reduce((at, level) => {
    const uri = childrenOf(level, "BaseURL")[0]?.text.trim();
    return uri ? resolveUri(uri, at) : at;
  }, base);
}

const DURATION =
  /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9}(?:\.\d{1,12})?)S)?)?$/;

/** The seconds of `PT1H2M3.5S`, or of the ms that another reader returns; undefined if nothing is stated. */
function durationOf(
  text: string | undefined,
  readMs: (text: string) => number = periodMs,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = readMs(text);
  if (Number.isNaN(ms)) throw refuseManifest("source_not_media", "names a time that is none");
  return ms / 1000;
}

function periodMs(text: string): number {
  const parts = DURATION.exec(text.replace(/^P0Y(?:0M)?/, "P"));
  if (!parts) return Number.NaN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((each) => Number(each ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
