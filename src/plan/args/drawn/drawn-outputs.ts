import type { MediaInfo } from "../../../probe/media.ts";
import type { FoundSubtitles } from "../../../profile/fields/burn-in.ts";
import type { Clip } from "../../../task/task.ts";
import { type OutputDecision, videosOf } from "../../decide/output-decision.ts";
import { isSoughtByPacket } from "../../decide/seeking.ts";
import { drawnAhead } from "../../encode/drawn/drawn-ahead.ts";
import { drawnFile } from "../../encode/drawn/drawn-subtitles.ts";
import type { Filter } from "../../encode/filters.ts";
import type { VideoEncoding } from "../../encode/video-encoding.ts";
import { chainText } from "../streams.ts";

/** The subtitles that outputs draw into their pictures, each once. */
export const drawnBy = (decisions: readonly OutputDecision[]): readonly FoundSubtitles[] => {
  const all = decisions.flatMap(videosOf).flatMap(({ drawn }) => drawn ?? []);
  return [...new Map(all.map((one) => [drawnFile(one), one])).values()];
};

/** The same output in a run in which the source's time is so much later than that of the pictures. */
export function ahead(decision: OutputDecision, seconds: number): OutputDecision {
  const { video, set } = decision;
  const moved = (one: VideoEncoding): VideoEncoding => ({
    ...one,
    filters: drawnAhead(one.filters, seconds),
  });
  return {
    ...decision,
    ...(video && { video: moved(video) }),
    ...(set && {
      set: { ...set, videos: set.videos.map((one) => (one === "copy" ? one : moved(one))) },
    }),
  };
}

/** How much later the source's time is than that of the pictures in a run. */
export const aheadSeconds = ({
  media,
  clip,
  shiftSeconds = 0,
}: {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly shiftSeconds?: number;
}): number => (isSoughtByPacket(media) ? 0 : (clip?.startSeconds ?? 0)) - shiftSeconds;

/** Fonts that a film brings for its subtitles. */
const FONT_CODECS = ["ttf", "otf"];

/** Only pictures that differ from the one before are kept. */
const CHANGES: readonly Filter[] = [
  // A film may begin before its own zero, which Matroska would move to it.
  { name: "select", values: ["gte(t,0)"] },
  { name: "mpdecimate", options: { hi: 0, lo: 0, frac: 0 } },
  { name: "format", values: ["yuva420p"] },
];

/**
 * The outputs of a run that takes subtitles out to be drawn: texts as ASS, with the fonts of the source; pictures as a film with a clear ground,
 * whose pictures change with them.
 *
 * @param map - the stream of some subtitles in this run
 * @param isCopied - whether texts are ASS already
 */
export function drawnOutputs(
  all: readonly FoundSubtitles[],
  { streams, video }: Pick<MediaInfo, "streams" | "video">,
  {
    map,
    isCopied,
  }: {
    readonly map: (one: FoundSubtitles) => string;
    readonly isCopied: (one: FoundSubtitles) => boolean;
  },
): readonly string[] {
  const pictures = all.filter(({ isText }) => !isText);
  const fonts = streams.filter(
    ({ kind, codec }) => kind === "attachment" && FONT_CODECS.includes(codec),
  );
  // By the packets of another stream ffmpeg knows when subtitles end, and that there are none yet. Each costs a look at the picture; those of
  // PGS end by packets of their own.
  const endThemselves = pictures.every(
    ({ index }) => streams.find((one) => one.index === index)?.codec === "hdmv_pgs_subtitle",
  );
  const beat = endThemselves ? ["-t", "1"] : [];
  const chains = pictures.map((one, at) => `[${map(one)}]${chainText(CHANGES)}[drawn${at}]`);
  return [
    ...(pictures.length > 0 ? ["-filter_complex", chains.join(";")] : []),
    ...pictures.flatMap((one, at) => [
      ...["-map", `[drawn${at}]`, "-map_metadata", "-1", "-map_chapters", "-1"],
      // At a rate, one that comes soon after another would be lost.
      ...["-fps_mode", "passthrough", "-enc_time_base", "1/1000"],
      ...["-c:v", "ffv1", "-f", "matroska", drawnFile(one)],
    ]),
    ...(pictures.length > 0 && video
      ? ["-map", `0:${video.index}`, "-c", "copy", ...beat, "-f", "null", "-"]
      : []),
    ...all
      .filter(({ isText }) => isText)
      .flatMap((one) => [
        ...["-map", map(one)],
        ...(one.side === undefined ? fonts.flatMap(({ index }) => ["-map", `0:${index}`]) : []),
        ...["-map_chapters", "-1", "-c:s", isCopied(one) ? "copy" : "ass", "-c:t", "copy"],
        ...["-f", "matroska", drawnFile(one)],
      ]),
  ];
}
