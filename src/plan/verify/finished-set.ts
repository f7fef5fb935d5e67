import { languageTag } from "../../manifest/write/language.ts";
import { segmentsOf, withTargetDuration } from "../../manifest/write/set-playlists.ts";
import { captionAttributes, captionMedia } from "../../manifest/write/told-captions.ts";
import { TaskError } from "../../task/errors.ts";
import type { SetPlan, Track } from "../plan.ts";
import { type SetSubtitles, SUBTITLE_GROUP, subtitleMedia } from "./finished-subtitles.ts";
import { soundAttributes, soundGroupOf } from "./set-sounds.ts";
import { rangeOf, type ToldStream, withColours } from "./told-colour.ts";

/** Which streams a set has, and which of them a player plays together (`SetPlan`). */
export type SetShape = {
  readonly tracks: readonly Pick<Track, "kind" | "playlist" | "language" | "sound">[];
  readonly renditions: SetPlan["renditions"];
  readonly captions?: SetPlan["captions"];
};

/** What playlists state about a stream of a set, as found in what was made. */
export type TrackFacts = ToldStream & {
  /** One entry per segment, in order. */
  readonly segments: readonly { readonly seconds: number; readonly bytes: number }[];
  readonly width?: number;
  readonly height?: number;
  readonly framerate?: number;
  readonly channels?: number;
};

const wrong = (why: string): TaskError =>
  new TaskError("output_wrong", `Cannot deliver the set: ${why}`);

/** The init segment of a playlist of fragments; undefined if it has none. */
export const initOf = (playlist: string): string | undefined =>
  segmentsOf(playlist).find((name) => name.startsWith("init-"));

/** The segments of a playlist, without its init segment: their names, and their lengths in seconds. */
export function segmentTimes(
  playlist: string,
): readonly { readonly seconds: number; readonly name: string }[] {
  const names = segmentsOf(playlist).filter((name) => !name.startsWith("init-"));
  const times = [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, text]) => Number(text));
  return names.map((name, index) => ({ name, seconds: times[index] ?? 0 }));
}

/**
 * Turns a stream's playlist, as ffmpeg's `dash` muxer leaves it, into that of a finished film: it says so, and does not
 * say when it was made.
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
 * A manifest as ffmpeg's `dash` muxer leaves it, but with exact lengths instead of ones that are rounded down, languages
 * by their shortest codes, all codecs, bitrates as they came out, and colours that are not the usual ones.
 */
export const finishManifest = (text: string, tracks: readonly TrackFacts[]): string =>
  withBitrates(withTold(text, tracks), tracks)
    .replace(/(mediaPresentationDuration=")[^"]*"/, `$1PT${secondsOf(tracks).toFixed(3)}S"`)
    .replace(/(maxSegmentDuration=")[^"]*"/, `$1PT${longestOf(tracks).toFixed(3)}S"`)
    .replace(
      /(<AdaptationSet [^>]*\blang=")([^"]+)/g,
      (_, head: string, language: string) => head + languageTag(language),
    );

/** A manifest with the colours and codec strings of its streams, in their order: what ffmpeg writes for some is short or empty. */
export const withTold = (manifest: string, streams: readonly ToldStream[]): string =>
  withColours(manifest, streams).replace(
    /(<Representation id="(\d+)"[^>]*? codecs=")([^"]*)"/g,
    (_, head: string, id: string, own: string) => `${head}${streams[Number(id)]?.codec ?? own}"`,
  );

/**
 * A manifest with the bitrates of its streams, in their order: those of their heaviest segments, as in the master playlist. ffmpeg writes
 * what was asked for.
 */
export const withBitrates = (manifest: string, tracks: readonly TrackFacts[]): string =>
  manifest.replace(
    /(<Representation id="(\d+)"[^>]*? bandwidth=")(\d+)"/g,
    (_, head: string, id: string, own: string) => {
      const track = tracks[Number(id)];
      return `${head}${track ? bandwidthOf([track]) : own}"`;
    },
  );

/** The sum of some values. */
export const totalOf = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0);

/** How long the longest stream of a set lasts. */
export const secondsOf = (tracks: readonly TrackFacts[]): number =>
  Math.max(0, ...tracks.map(({ segments }) => totalOf(segments.map(({ seconds }) => seconds))));

const longestOf = (tracks: readonly TrackFacts[]): number =>
  Math.max(0, ...tracks.flatMap(({ segments }) => segments.map(({ seconds }) => seconds)));

/**
 * The master playlist of a set: its renditions in the order of the profile, each sound in a group of its own.
 *
 * Bitrates are measured on the finished segments, not taken from the request; `BANDWIDTH` is that of the heaviest
 * segments, as players need it.
 *
 * @param folder - where the playlists of the streams lie, relative to the master
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4.2
 */
export function masterPlaylist(
  { tracks, renditions, captions }: SetShape,
  facts: readonly TrackFacts[],
  folder: string,
  subtitles: readonly SetSubtitles[] = [],
): string {
  const uriOf = (track: number) => `${folder}/${tracks[track]?.playlist ?? ""}`;
  const groups = new Map(
    renditions.map(soundGroupOf).flatMap((group) => (group.length > 0 ? [[group[0], group]] : [])),
  );
  const media = [...groups.values()].flatMap((group) =>
    group.map((at) =>
      [
        `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${group[0]}"`,
        ...soundAttributes(tracks, group, at),
        ...(facts[at]?.channels ? [`CHANNELS="${facts[at]?.channels}"`] : []),
        `URI="${uriOf(at)}"`,
      ].join(","),
    ),
  );
  const told = captionAttributes(captions);
  const streams = renditions.map((rendition) => {
    const { video, audio } = rendition;
    const group = soundGroupOf(rendition);
    const named = group.length > 0 ? [`AUDIO="audio-${group[0]}"`] : [];
    const texts = subtitles.length > 0 ? [`SUBTITLES="${SUBTITLE_GROUP}"`] : [];
    const line = [...attributesOf(usedBy(rendition, facts)), ...named, ...texts, ...told].join(",");
    return `#EXT-X-STREAM-INF:${line}\n${uriOf(video ?? audio ?? 0)}`;
  });
  const head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  const texts = [...subtitleMedia(subtitles, folder), ...captionMedia(captions ?? [])];
  return `${[...head, ...media, ...texts, ...streams].join("\n")}\n`;
}

/** The picture of a rendition and its heaviest sound, whose bitrate counts, with the codecs of all of them. */
function usedBy(
  { video, audio, sounds }: SetPlan["renditions"][number],
  facts: readonly TrackFacts[],
): Used {
  const heard = (sounds ?? [audio]).flatMap((at) => (at === undefined ? [] : (facts[at] ?? [])));
  const heaviest = heard.toSorted((one, other) => peakBps(other) - peakBps(one)).slice(0, 1);
  const pictures = video === undefined ? [] : facts[video] ? [facts[video]] : [];
  const codecs = [...pictures, ...heard].map(({ codec }) => codec);
  return { streams: [...pictures, ...heaviest], codecs: [...new Set(codecs)] };
}

/** The streams whose bitrates count, and the codecs that a player needs. */
type Used = { readonly streams: readonly TrackFacts[]; readonly codecs: readonly string[] };

function attributesOf({ streams: used, codecs }: Used): readonly string[] {
  const average = totalOf(used.map(averageBps));
  const picture = used.find(({ width }) => width !== undefined);
  return [
    `BANDWIDTH=${bandwidthOf(used)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(average)}`,
    `CODECS="${codecs.join(",")}"`,
    ...used.flatMap(rangeOf).map((range) => `VIDEO-RANGE=${range}`),
    ...(picture ? [`RESOLUTION=${picture.width}x${picture.height}`] : []),
    ...(picture?.framerate ? [`FRAME-RATE=${picture.framerate.toFixed(3)}`] : []),
  ];
}

/** What streams that are played together take at most, in bit/s. */
const bandwidthOf = (used: readonly TrackFacts[]): number =>
  Math.ceil(Math.max(totalOf(used.map(peakBps)), totalOf(used.map(averageBps))));

/**
 * The last segment may be a few frames, so its bitrate says nothing: segments no longer than this part of the longest do
 * not count.
 */
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
 * Judges whether a player can switch between the pictures of a set at every segment: all have to have the same segments.
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

/** When each segment begins, in seconds; ends may differ by the frames of a lower rate. */
function boundariesOf({ segments }: TrackFacts): readonly number[] {
  let time = 0;
  return segments.map(({ seconds }) => {
    const begin = time;
    time += seconds;
    return begin;
  });
}
