import type { AudioCodec, VideoCodec } from "./codecs.ts";
import type { SetFacts, Structure } from "./container-facts.ts";
import { CONTAINERS, type Container, factsOf, isOfSource, type Written } from "./containers.ts";

/** The set of one stream, or of video and audio together, in one playlist: what a live set is if its streams are not apart. */
export const SIMPLE_SET = "m3u8" satisfies Written;

/** What a live stream is recorded as for files: in fragments, so that what was written before a crash can be read. */
export const RECORDED_AS = "mp4" satisfies Written;

/** The container of a recording's file, for a rendition in a container. */
export const recordedAs = (container: Container): Written =>
  isOfSource(container) ? RECORDED_AS : container;

/** Holds every codec that is encoded here, for questions about a rendition that are not about its container. */
export const ANY_CONTAINER = "mkv" satisfies Written;

const WRITTEN: readonly Written[] = CONTAINERS.filter((one) => !isOfSource(one));

/** The video codec if none is named: the Profile API's h264, or the container's own if it cannot hold that. */
export const videoCodecFor = (container: Container): VideoCodec =>
  factsOf(container).videoDefault ?? "h264";

/** The audio codec if none is named: the Profile API's aac, or the container's own if it cannot hold that. */
export const audioCodecFor = (container: Container): AudioCodec =>
  factsOf(container).audioDefault ?? "aac";

/** Whether a container is for sound alone, so that video is made for it only if it is asked for. */
export const isAudioOnly = (container: Container): boolean =>
  factsOf(container).video?.length === 0;

/** Whether a container is for video alone, so that sound is made for it only if it is asked for. */
export const isSilent = (container: Container): boolean => factsOf(container).audio?.length === 0;

/** Whether a container holds several sounds, each with its language. */
export const holdsSounds = (container: Container): boolean =>
  !isAudioOnly(container) && !factsOf(container).holdsOneSound;

/** Whether a container is a set of files: a playlist or manifest, and the segments that it names. */
export const isSet = (container: Container): boolean => factsOf(container).set !== undefined;

/** The containers that are sets. */
export const SETS: readonly Written[] = WRITTEN.filter(isSet);

const SUFFIXES = SETS.map(factsOf).map(({ extension, set }) => ({ suffix: `.${extension}`, set }));

/** What is known of the sets whose playlist or manifest has a name, by the first of them: what tells players, and the folder. Undefined if it is no name of one. */
export const setNamed = (name: string): SetFacts | undefined =>
  SUFFIXES.find(({ suffix }) => name.endsWith(suffix))?.set;

/** The WebVTT track of a set's small pictures. */
export const PICTURE_TRACK = "thumbnails.vtt";

/** Whether a file of a set names others of it: a playlist, a manifest, or the track of small pictures. */
export const namesOthers = (name: string): boolean =>
  setNamed(name) !== undefined || name === PICTURE_TRACK;

/** Whether players are told of a set by playlists of HLS, or a manifest of DASH. */
export const isToldIn = (container: Container, form: "hls" | "dash"): boolean =>
  factsOf(container).set?.told.includes(form) === true;

/** Whether a container holds one picture. */
export const isImage = (container: Container): boolean => factsOf(container).isImage === true;

/** Whether a container holds a short film of pictures alone, for pages. */
export const isAnimated = (container: Container): boolean => factsOf(container).isAnimated === true;

/** Whether its pictures are drawn from a palette. */
export const isPaletted = (container: Container): boolean => factsOf(container).isPaletted === true;

/** Whether a container is a file of the ISO family, or its segments are if it is a set. @param codec - as of `carrierOf` */
export const isIso = (container: Written, codec: string | undefined): boolean =>
  factsOf(carrierOf(container, codec)).structure === "boxes";

/**
 * The container that the streams lie in: the container itself, or that of its segments if it is a set.
 *
 * @param codec - of the video, in ffmpeg's names
 */
export function carrierOf(container: Written, codec: string | undefined): Written {
  const { set } = factsOf(container);
  if (!set) return container;
  return codec !== undefined && set.inMp4?.includes(codec) ? "mp4" : set.segments;
}

/** Whether a container can hold both streams (ffmpeg's codec names; absent streams fit anywhere). */
export function holds(
  container: Written,
  videoCodec: string | undefined,
  audioCodec: string | undefined,
): boolean {
  const { muxer, video = [], audio = [] } = factsOf(container);
  return (
    muxer !== undefined &&
    (videoCodec === undefined || video.includes(videoCodec)) &&
    (audioCodec === undefined || audio.includes(audioCodec))
  );
}

/** The container that `copy` stands for; undefined if the source's own cannot be written, or not with these streams. */
export const keptContainer = (
  demuxer: string,
  videoCodec: string | undefined,
  audioCodec: string | undefined,
): Written | undefined =>
  readBy(demuxer).find((container) => holds(container, videoCodec, audioCodec));

/** The containers that a demuxer (ffmpeg's name) reads. */
export const readBy = (demuxer: string): readonly Written[] =>
  WRITTEN.filter((container) => factsOf(container).demuxer === demuxer);

/** The extension of a file, or of a set's playlist or manifest, without the dot. */
export const extensionOf = (container: Written): string =>
  factsOf(container).extension ?? container;

/** The containers that a name with an extension (without the dot) promises. */
export const containersNamed = (extension: string): readonly Written[] =>
  WRITTEN.filter((container) => {
    const { extension: own, otherExtensions = [] } = factsOf(container);
    return own === extension || otherExtensions.includes(extension);
  });

/** The structure of our files with an extension (without the dot); undefined if their end is not looked at. */
export const structureOf = (extension: string): Structure | undefined =>
  containersNamed(extension)
    .map((container) => factsOf(container).structure)
    .find((structure) => structure !== undefined);

/** The media type of our files with an extension (without the dot); undefined if no container is written with it. */
export const mediaTypeOf = (extension: string): string | undefined =>
  WRITTEN.map(factsOf).find((facts) => facts.extension === extension)?.mediaType;
