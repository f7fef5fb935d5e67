import type { AudioCodec, Container, VideoCodec } from "./profile.ts";

const VIDEO_CODECS: Partial<Record<Container, VideoCodec>> = { webm: "vp9", jpg: "mjpeg" };

/** The video codec where none is named: the Profile API's h264, or the container's own where that cannot hold it. */
export const videoCodecFor = (container: Container): VideoCodec =>
  VIDEO_CODECS[container] ?? "h264";

const AUDIO_CODECS: Partial<Record<Container, AudioCodec>> = {
  mp3: "mp3",
  ogg: "opus",
  webm: "opus",
};

/** The audio codec where none is named: the Profile API's aac, or the container's own where that cannot hold it. */
export const audioCodecFor = (container: Container): AudioCodec => AUDIO_CODECS[container] ?? "aac";

const AUDIO_ONLY: readonly Container[] = ["mp3", "m4a", "ogg"];
const SILENT: readonly Container[] = ["gif", "jpg"];

/** Whether a container is for sound alone, so that a picture is made for it only where one is asked for. */
export const isAudioOnly = (container: Container): boolean => AUDIO_ONLY.includes(container);

/** Whether a container is for pictures alone, so that sound is made for it only where it is asked for. */
export const isSilent = (container: Container): boolean => SILENT.includes(container);

const OF_SETS: readonly Container[] = ["m3u8", "dash", "cmaf"];

/** Whether a container is a set of files: a playlist or manifest, and the segments that it names. */
export const isOfSets = (container: Container): boolean => OF_SETS.includes(container);
