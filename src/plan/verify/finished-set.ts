import { segmentsOf, withTargetDuration } from "../../manifest/write/set-playlists.ts";
import { TaskError } from "../../task/errors.ts";
import type { SetPlan, Track } from "../plan.ts";
import { languageTag } from "./language.ts";

/** Which streams a set has, and which of them a player puts together (`SetPlan`). */
export type SetShape = {
  readonly tracks: readonly Pick<Track, "kind" | "playlist" | "language">[];
  readonly renditions: SetPlan["renditions"];
};

/** What a player is told of a stream of a set, found out from what was made. */
export type TrackFacts = {
  /** As a player names it: `avc1.64001f`, `mp4a.40.2`. */
  readonly codec: string;
  /** One entry a segment, in order. */
  readonly segments: readonly { readonly seconds: number; readonly bytes: number }[];
  readonly width?: number;
  readonly height?: number;
  readonly framerate?: number;
  readonly channels?: number;
};

const wrong = (why: string): TaskError =>
  new TaskError("output_wrong", `Cannot deliver the set: ${why}`);

/** What stands before all segments of a playlist of fragments: what they hold. */
export const initOf = (playlist: string): string | undefined =>
  segmentsOf(playlist).find((name) => name.startsWith("init-"));

/** The lengths of a playlist's segments, in seconds, with their names. */
export function segmentTimes(
  playlist: string,
): readonly { readonly seconds: number; readonly name: string }[] {
  const names = segmentsOf(playlist).filter((name) => !name.startsWith("init-"));
  const times = [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, text]) => Number(text));
  return names.map((name, index) => ({ name, seconds: times[index] ?? 0 }));
}

/**
 * A stream's playlist as ffmpeg's `dash` muxer leaves it, made one of a finished film: it says so, and no longer when
 * it was made.
 */
export function finishPlaylist(text: string): string {
  return withTargetDuration(text)
    .replace(/^#EXT-X-PROGRAM-DATE-TIME:.*\n/gm, "")
    .replace(/^#EXT-X-VERSION:\d+$/m, "#EXT-X-VERSION:7")
    .replace(
      /^#EXT-X-TARGETDURATION:\d+$/m,
      "$&\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS",
    );
}

/**
 * A manifest as ffmpeg's `dash` muxer leaves it, with the lengths that it rounds down told in full, languages by their shortest
 * codes, and all codecs.
 */
export const finishManifest = (text: string, tracks: readonly TrackFacts[]): string =>
  withCodecs(
    text,
    tracks.map(({ codec }) => codec),
  )
    .replace(/(mediaPresentationDuration=")[^"]*"/, `$1PT${secondsOf(tracks).toFixed(3)}S"`)
    .replace(/(maxSegmentDuration=")[^"]*"/, `$1PT${longestOf(tracks).toFixed(3)}S"`)
    .replace(
      /(<AdaptationSet [^>]*\blang=")([^"]+)/g,
      (_, head: string, language: string) => head + languageTag(language),
    );

/** A manifest whose streams are called as `codecs` says, in their order: what ffmpeg says of some is short or empty. */
export const withCodecs = (manifest: string, codecs: readonly string[]): string =>
  manifest.replace(
    /(<Representation id="(\d+)"[^>]*? codecs=")([^"]*)"/g,
    (_, head: string, id: string, own: string) => `${head}${codecs[Number(id)] ?? own}"`,
  );

/** The sum of some values. */
export const totalOf = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0);

const secondsOf = (tracks: readonly TrackFacts[]): number =>
  Math.max(0, ...tracks.map(({ segments }) => totalOf(segments.map(({ seconds }) => seconds))));

const longestOf = (tracks: readonly TrackFacts[]): number =>
  Math.max(0, ...tracks.flatMap(({ segments }) => segments.map(({ seconds }) => seconds)));

/**
 * The master playlist of a set: its renditions in the order of the profile, each sound a group of its own.
 *
 * Rates are those of the finished segments: `BANDWIDTH` of the heaviest, as players must know, not of what was asked for.
 *
 * @param folder - where the playlists of the streams lie, relative to the master
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4.2
 */
export function masterPlaylist(
  { tracks, renditions }: SetShape,
  facts: readonly TrackFacts[],
  folder: string,
): string {
  const uriOf = (track: number) => `${folder}/${tracks[track]?.playlist ?? ""}`;
  const groups = new Set(
    renditions.flatMap(({ video, audio }) =>
      video !== undefined && audio !== undefined ? [audio] : [],
    ),
  );
  const media = [...groups].map((audio) =>
    [
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${audio}",NAME="audio",DEFAULT=YES,AUTOSELECT=YES`,
      ...languageOf(tracks[audio]),
      ...(facts[audio]?.channels ? [`CHANNELS="${facts[audio]?.channels}"`] : []),
      `URI="${uriOf(audio)}"`,
    ].join(","),
  );
  const streams = renditions.map(({ video, audio }) => {
    const used = [video, audio].flatMap((at) => (at === undefined ? [] : (facts[at] ?? [])));
    const group = video !== undefined && audio !== undefined ? [`AUDIO="audio-${audio}"`] : [];
    const line = [...attributesOf(used), ...group].join(",");
    return `#EXT-X-STREAM-INF:${line}\n${uriOf(video ?? audio ?? 0)}`;
  });
  const head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  return `${[...head, ...media, ...streams].join("\n")}\n`;
}

const languageOf = ({ language }: Pick<Track, "language"> = {}): readonly string[] =>
  language === undefined ? [] : [`LANGUAGE="${languageTag(language)}"`];

function attributesOf(used: readonly TrackFacts[]): readonly string[] {
  const peak = totalOf(used.map(peakBps));
  const average = totalOf(used.map(averageBps));
  const picture = used.find(({ width }) => width !== undefined);
  return [
    `BANDWIDTH=${Math.ceil(Math.max(peak, average))}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(average)}`,
    `CODECS="${used.map(({ codec }) => codec).join(",")}"`,
    ...(picture ? [`RESOLUTION=${picture.width}x${picture.height}`] : []),
    ...(picture?.framerate ? [`FRAME-RATE=${picture.framerate.toFixed(3)}`] : []),
  ];
}

/** What is left at the end may be a few frames: its rate says nothing. */
const SHORT_SEGMENT_PART = 0.5;

function peakBps({ segments }: TrackFacts): number {
  const longest = Math.max(0, ...segments.map(({ seconds }) => seconds));
  const rates = segments
    .filter(({ seconds }) => seconds > longest * SHORT_SEGMENT_PART)
    .map(({ seconds, bytes }) => (bytes * 8) / seconds);
  return Math.max(0, ...rates);
}

/** The bitrate of a stream over all its segments. */
export function averageBps({ segments }: TrackFacts): number {
  const seconds = totalOf(segments.map((segment) => segment.seconds));
  return seconds > 0 ? (totalOf(segments.map(({ bytes }) => bytes)) * 8) / seconds : 0;
}

/** Half a frame at 60 a second: boundaries that are further apart are different ones. */
const BOUNDARY_SECONDS_MAX = 0.008;

/**
 * Judges whether a player can change between the pictures of a set at every segment: all have the same ones.
 *
 * @throws {TaskError} `output_wrong`
 */
export function judgeBoundaries({ tracks }: SetPlan, facts: readonly TrackFacts[]): void {
  const pictures = facts.filter((_, at) => tracks[at]?.kind === "video");
  const [first, ...others] = pictures.map(boundariesOf);
  if (facts.some(({ segments }) => segments.some(({ bytes }) => bytes === 0)))
    throw wrong("a segment is empty");
  for (const [index, other] of others.entries()) {
    const at = (first ?? []).findIndex(
      (time, place) => Math.abs(time - (other[place] ?? Number.NaN)) > BOUNDARY_SECONDS_MAX,
    );
    if (other.length !== first?.length)
      throw wrong(
        `rendition ${index + 1} has ${other.length} segments, and the first ${first?.length}`,
      );
    if (at >= 0)
      throw wrong(
        `segment ${at} of rendition ${index + 1} begins at another time than the first's`,
      );
  }
}

/** Where each segment begins; ends may differ by the frames of a lower rate. */
function boundariesOf({ segments }: TrackFacts): readonly number[] {
  let time = 0;
  return segments.map(({ seconds }) => {
    const begin = time;
    time += seconds;
    return begin;
  });
}
