import { distinctNames, languageName, languageTag } from "../../manifest/write/language.ts";
import { escaped } from "../../manifest/write/markup.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { SubtitleTrack } from "../plan.ts";
import { WrongOutput } from "./wrong-output.ts";

/** A track of subtitles of a set, as players are told of it. */
export type SetSubtitles = Pick<SubtitleTrack, "dispositions"> & {
  /** For a menu: no two of a set have the same. */
  readonly name: string;
  /** As manifests call it. */
  readonly language?: string;
  /** Its WebVTT and its playlist, in the folder of the set's segments. */
  readonly file: string;
  readonly playlist: string;
};

/** The group of a set's subtitles in its multivariant playlist. */
export const SUBTITLE_GROUP = "subtitles";

/** Names the tracks of a set. */
export function namedSubtitles(tracks: readonly SubtitleTrack[]): readonly SetSubtitles[] {
  const tags = tracks.map(({ language }) => language && languageTag(language));
  const names = distinctNames(tracks.map((track, at) => nameOf(tags[at], track)));
  return tracks.map(({ dispositions }, at) => {
    const [name = "", language] = [names[at], tags[at]];
    return {
      ...{ name, dispositions, file: `subtitles_${at}.vtt`, playlist: `subtitles_${at}.m3u8` },
      ...(language !== undefined && { language }),
    };
  });
}

/** Its title, or the language in its own words, and what tells it from others of that language. */
function nameOf(
  tag: string | undefined,
  { title, dispositions: marks, channel = "Subtitles" }: SubtitleTrack,
): string {
  // A list of attributes has no way to write these.
  if (title !== undefined) return title.replaceAll('"', "'");
  const name = tag && languageName(tag, tag);
  const kind = marks.includes("forced")
    ? " (forced)"
    : marks.includes("hearing_impaired")
      ? " (SDH)"
      : "";
  return `${name ?? channel}${kind}`;
}

/** A playlist of a track that is one file. */
export const subtitlePlaylist = ({ file }: SetSubtitles, seconds: number): string =>
  [
    ...["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(seconds))}`],
    ...["#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD"],
    ...[`#EXTINF:${seconds.toFixed(6)},`, file, "#EXT-X-ENDLIST", ""],
  ].join("\n");

/** @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4.1 */
const FOR_THE_DEAF =
  "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";

/** What a multivariant playlist says of the tracks. */
export const subtitleMedia = (tracks: readonly SetSubtitles[], folder: string): readonly string[] =>
  tracks.map(({ name, language, dispositions, playlist }) => {
    const yes = (is: boolean) => (is ? "YES" : "NO");
    const isForced = dispositions.includes("forced");
    return [
      `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="${SUBTITLE_GROUP}",NAME="${name}"`,
      ...(language === undefined ? [] : [`LANGUAGE="${language}"`]),
      `DEFAULT=${yes(dispositions.includes("default"))},AUTOSELECT=YES,FORCED=${yes(isForced)}`,
      ...(dispositions.includes("hearing_impaired") ? [`CHARACTERISTICS="${FOR_THE_DEAF}"`] : []),
      `URI="${folder}/${playlist}"`,
    ].join(",");
  });

/** A manifest of DASH with the tracks at the end of its period. */
export function withSubtitles(
  manifest: string,
  tracks: readonly (SetSubtitles & { readonly bytes: number })[],
  seconds: number,
): string {
  const ids = [...manifest.matchAll(/<AdaptationSet id="(\d+)"/g)].map(([, id]) => Number(id));
  const first = Math.max(-1, ...ids) + 1;
  const sets = tracks.map(({ name, language, dispositions, file, bytes }, at) =>
    [
      `\t\t<AdaptationSet id="${first + at}" contentType="text" mimeType="text/vtt"${language === undefined ? "" : ` lang="${language}"`}>`,
      `\t\t\t<Label>${escaped(name)}</Label>`,
      ...rolesOf(dispositions).map(
        (role) => `\t\t\t<Role schemeIdUri="urn:mpeg:dash:role:2011" value="${role}"/>`,
      ),
      `\t\t\t<Representation id="${file}" bandwidth="${Math.ceil((bytes * 8) / Math.max(1, seconds))}">`,
      ...[`\t\t\t\t<BaseURL>${file}</BaseURL>`, "\t\t\t</Representation>", "\t\t</AdaptationSet>"],
    ].join("\n"),
  );
  return manifest.replace(/^\t<\/Period>/m, (end) => [...sets, end].join("\n"));
}

const rolesOf = (marks: SubtitleTrack["dispositions"]): readonly string[] => [
  ...(marks.includes("default") ? ["main"] : []),
  marks.includes("forced")
    ? "forced-subtitle"
    : marks.includes("hearing_impaired")
      ? "caption"
      : "subtitle",
];

/**
 * Judges the tracks of subtitles in a finished file: those that were asked for have to be there, in their order.
 *
 * @throws {WrongOutput}
 */
export function judgeSubtitles(
  tracks: readonly SubtitleTrack[],
  { streams }: Pick<MediaInfo, "streams">,
): void {
  const found = streams.filter(({ kind }) => kind === "subtitle");
  if (found.length !== tracks.length)
    throw new WrongOutput(`it has ${found.length} tracks of subtitles, not ${tracks.length}`);
  for (const [at, track] of tracks.entries())
    if (found[at]?.codec !== track.codec || !isSpoken(track, found[at]?.language))
      throw new WrongOutput(`its track ${at} of subtitles is another one`);
}

/** Judges how many texts a finished track has. @throws {WrongOutput} */
export function judgeCues(at: number, expected: number, found: number): void {
  if (found !== expected)
    throw new WrongOutput(`its track ${at} of subtitles has ${found} texts, not ${expected}`);
}

/** MOV knows few languages, and leaves others out. */
const isSpoken = ({ codec, language }: SubtitleTrack, found: string | undefined): boolean =>
  found === undefined
    ? language === undefined || codec === "mov_text"
    : language !== undefined && languageTag(found) === languageTag(language);
