import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import { slowInput, specifierOf } from "../args/input.ts";
import { stretchOf } from "../args/subtitles.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import type { Step } from "../plan.ts";
import { CAPTION_UNITS, captionFiles, captionSource } from "../subtitles/captions.ts";

/** The units that hold captions, one behind the other. */
const DATA = "captions/data";
/** When each packet of them is shown, and how long it is. */
const TIMES = "captions/times";

/**
 * The run that takes the captions out of the source, once for all outputs; undefined if none has them as texts. Nothing is decoded: it
 * writes those units of the video that hold captions, and the times of their packets. What they say is read afterwards.
 */
export function captionStep(
  decisions: readonly OutputDecision[],
  { media, clip }: { readonly media: MediaInfo; readonly clip: Clip | undefined },
): Omit<Step, "share"> | undefined {
  const tracks = decisions.flatMap(({ product }) => product.subtitles ?? []);
  const channels = [...new Set(tracks.flatMap(({ channel }) => channel ?? []))];
  const source = captionSource(media);
  if (channels.length === 0 || !source) return undefined;
  const units = ["-bsf:v", `filter_units=pass_types=${CAPTION_UNITS[source.codec]}`];
  const stream = ["-map", specifierOf(media, "video"), "-c:v", "copy", ...units];
  // Of broadcasts, ffmpeg counts times from the first of those streams that a run reads.
  const sounds = heardBy(decisions, media).flatMap((index) => [
    ...["-map", index === media.audio?.index ? specifierOf(media, "audio") : `0:${index}`],
  ]);
  const clock = sounds.length > 0 ? [...sounds, "-c:a", "copy", "-f", "null", "-"] : [];
  return {
    name: "subtitles",
    args: [
      ...["-f", demuxerOf(media.format), "-fflags", "+genpts", ...slowInput(media), "-i", "input"],
      ...[...stream, "-f", "data", DATA, ...stream, "-f", "framecrc", TIMES],
      ...clock,
    ],
    writes: [DATA, TIMES],
    captions: {
      ...{ data: DATA, times: TIMES, codec: source.codec },
      texts: channels.map((channel) => {
        const { file, flat } = captionFiles(channel);
        const isFlat = tracks.some((track) => track.file === flat);
        return { channel, file, ...(isFlat && { flat }) };
      }),
      ...stretchOf(media, clip),
    },
  };
}

/** The streams of the source that outputs have as their sounds. */
function heardBy(decisions: readonly OutputDecision[], { audio }: MediaInfo): readonly number[] {
  const heard = decisions.flatMap(({ product }) => {
    const chosen = [
      ...(product.sounds ?? []),
      ...(product.set?.tracks ?? []).flatMap(({ sound }) => sound ?? []),
    ].map(({ stream }) => stream.index);
    return chosen.length > 0 || product.audio.action === "none" || !audio ? chosen : [audio.index];
  });
  return [...new Set(heard)];
}
