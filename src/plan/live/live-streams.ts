import type { MediaInfo } from "../../probe/media.ts";
import type { Written } from "../../profile/containers.ts";
import type { Rendition } from "../../profile/profile.ts";
import { encodedSound, languageArgs, type StreamPart } from "../args/audio.ts";
import { NOTHING_ELSE, type Section } from "../args/file-output.ts";
import { soundLateSeconds, specifierOf } from "../args/input.ts";
import { videoArgs } from "../args/video.ts";
import type { StreamDecision } from "../plan.ts";

/** What is made of a live source for one output. */
type Made = {
  readonly rendition: Rendition;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** Whose rules on sound count. */
  readonly container: Written;
  /** `Draft.areCaptionsCarried` */
  readonly areCaptionsCarried: boolean;
};

/** The input that the sound is read from, and a name for what comes out of its filters, unique in the run. */
type SoundInput = { readonly audioInput: number; readonly label: string };

/** The arguments that map, filter and encode (or copy) the streams of one output of a live run. */
export function liveStreams(
  made: Made,
  media: MediaInfo,
  input: SoundInput,
): Pick<Section, "graphs" | "args"> {
  const { rendition, video, audio } = made;
  const picture = video.action === "none" ? undefined : media.video;
  const sound = audio.action === "none" ? undefined : soundPart(made, media, input);
  const isMade = video.action === "encode" && typeof rendition.video === "object";
  return {
    ...(sound?.graph !== undefined && { graphs: { audio: sound.graph } }),
    args: [
      ...(picture ? ["-map", specifierOf(media, "video")] : []),
      ...(sound ? ["-map", sound.map] : []),
      ...NOTHING_ELSE,
      ...(picture
        ? pictureArgs(isMade ? rendition.video : "copy", picture, made.areCaptionsCarried)
        : []),
      ...(sound ? [...languageArgs(media.audio), ...sound.args] : []),
    ],
  };
}

function soundPart(
  { rendition, audio, container }: Made,
  media: MediaInfo,
  { audioInput, label }: SoundInput,
): StreamPart | undefined {
  if (!media.audio) return undefined;
  const specifier = specifierOf(media, "audio", audioInput);
  if (audio.action !== "encode" || typeof rendition.audio !== "object")
    return { map: specifier, args: ["-c:a", "copy"] };
  const place = { container, lateSeconds: soundLateSeconds(media, undefined) };
  return encodedSound(rendition.audio, media.audio, place, { specifier, label });
}

const pictureArgs = (
  wanted: Rendition["video"],
  source: NonNullable<MediaInfo["video"]>,
  areCaptionsCarried: boolean,
): readonly string[] =>
  typeof wanted === "object"
    ? videoArgs(wanted, source, undefined, areCaptionsCarried)
    : ["-c:v", "copy"];
