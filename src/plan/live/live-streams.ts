import type { MediaInfo } from "../../probe/media.ts";
import { copiedAudio, encodedAudio } from "../args/audio.ts";
import { specifierOf } from "../args/input.ts";
import { type FilteredStream, type OutputStreams, together } from "../args/streams.ts";
import { copiedVideo, encodedVideo } from "../args/video.ts";
import { audioLateSeconds } from "../decide/seeking.ts";
import type { AudioEncoding } from "../encode/audio-encoding.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";

/** What is made of a live source for one output; a stream that it does not get is undefined. */
type Made = {
  readonly video: VideoEncoding | "copy" | undefined;
  readonly audio: AudioEncoding | "copy" | undefined;
};

/** The input that the sound is read from, and a name for what comes out of its filters, unique in the run. */
type AudioInput = { readonly audioInput: number; readonly label: string };

/** The streams of one output of a live run, encoded or copied. */
export const liveStreams = (made: Made, media: MediaInfo, input: AudioInput): OutputStreams =>
  together([...videoPart(made, media), ...audioPart(made, media, input)]);

function videoPart({ video }: Made, media: MediaInfo): readonly FilteredStream[] {
  if (!video || !media.video) return [];
  const map = specifierOf(media, "video");
  return [{ stream: video === "copy" ? copiedVideo(map) : encodedVideo(video, map), chains: [] }];
}

function audioPart(
  { audio }: Made,
  media: MediaInfo,
  { audioInput, label }: AudioInput,
): readonly FilteredStream[] {
  if (!audio || !media.audio) return [];
  const specifier = specifierOf(media, "audio", audioInput);
  if (audio === "copy") return [copiedAudio(media.audio, specifier)];
  const lateSeconds = audioLateSeconds(media, undefined);
  return [encodedAudio(audio, media.audio, { specifier, label, lateSeconds })];
}
