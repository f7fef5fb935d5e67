import type { MediaInfo } from "../../probe/media.ts";
import type { Written } from "../../profile/containers.ts";
import type { Rendition } from "../../profile/profile.ts";
import { copiedAudio, encodedAudio } from "../args/audio.ts";
import { specifierOf } from "../args/input.ts";
import { type FilteredStream, type OutputStreams, together } from "../args/streams.ts";
import { copiedVideo, encodedVideo } from "../args/video.ts";
import { audioLateSeconds } from "../decide/seeking.ts";
import { audioEncoding } from "../encode/audio-encoding.ts";
import { videoEncoding } from "../encode/video-encoding.ts";
import type { StreamDecision } from "../plan.ts";

/** What is made of a live source for one output. */
type Made = {
  readonly rendition: Rendition;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** The container whose rules on audio apply. */
  readonly container: Written;
  /** `carriesCaptions` */
  readonly areCaptionsCarried: boolean;
};

/** The input that the sound is read from, and a name for what comes out of its filters, unique in the run. */
type AudioInput = { readonly audioInput: number; readonly label: string };

/** The streams of one output of a live run, encoded or copied. */
export const liveStreams = (made: Made, media: MediaInfo, input: AudioInput): OutputStreams =>
  together([...videoPart(made, media), ...audioPart(made, media, input)]);

function videoPart(
  { rendition, video, areCaptionsCarried }: Made,
  media: MediaInfo,
): readonly FilteredStream[] {
  if (video.action === "none" || !media.video) return [];
  const map = specifierOf(media, "video");
  if (video.action !== "encode" || typeof rendition.video !== "object")
    return [{ stream: copiedVideo(map), chains: [] }];
  const encoding = videoEncoding(rendition.video, media.video, areCaptionsCarried);
  return [{ stream: encodedVideo(encoding, map), chains: [] }];
}

function audioPart(
  { rendition, audio, container }: Made,
  media: MediaInfo,
  { audioInput, label }: AudioInput,
): readonly FilteredStream[] {
  if (audio.action === "none" || !media.audio) return [];
  const specifier = specifierOf(media, "audio", audioInput);
  if (audio.action !== "encode" || typeof rendition.audio !== "object")
    return [copiedAudio(media.audio, specifier)];
  const encoding = audioEncoding(rendition.audio, media.audio, container);
  const lateSeconds = audioLateSeconds(media, undefined);
  return [encodedAudio(encoding, media.audio, { specifier, label, lateSeconds })];
}
