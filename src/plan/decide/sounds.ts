import { primaryLanguage } from "../../manifest/write/language.ts";
import { pairedSounds, usableSounds } from "../../probe/choose-streams.ts";
import type { AudioStream, MediaInfo } from "../../probe/media.ts";
import { SOUNDS_MAX, type Sound } from "../../profile/fields/sound.ts";
import type { TrackChoice } from "../../profile/fields/subtitles.ts";
import type { AudioEncode, Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";

/** One sound of an output: the stream that it is made of, and what it is to be. */
export type WantedSound = {
  readonly stream: AudioStream;
  readonly audio: AudioEncode | "copy";
  readonly isDefault: boolean;
  /** There are two of its stream: this is the one with all channels, or the stereo beside it. */
  readonly beside?: "surround" | "stereo";
};

/** A source whose main sound is another of its streams, with what is known of that by now. */
export function withSound(media: MediaInfo, stream: AudioStream): MediaInfo {
  const { index, rightIndex } = stream;
  const isMain = media.audio?.index === index && media.audio.rightIndex === rightIndex;
  if (isMain) return media;
  const known = media.streams.find(
    (one): one is AudioStream => one.kind === "audio" && one.index === index,
  );
  const packets = known?.packets;
  const own = rightIndex === undefined ? (known ?? stream) : stream;
  return { ...media, audio: { ...own, ...(packets && { packets }) } };
}

/**
 * The sounds of an output, in their order; none if the source has none, or the rendition asks for none.
 *
 * @throws {TaskError} `input_not_supported` if the source has nothing of what a list names, or more than an output may have
 */
export function soundsFor(
  { audio, sound = {} }: Rendition,
  media: MediaInfo,
): readonly WantedSound[] {
  if (audio === "none" || !media.audio) {
    if (typeof sound.tracks === "object" && !media.audio)
      throw refuse(`it has none of ${listed(sound.tracks)}`);
    return [];
  }
  const streams = streamsFor(sound, media);
  const first = firstOf(streams, sound, media);
  const wanted = streams.flatMap((stream) =>
    mixesOf(stream, audio, sound).map((mix) => ({ stream, ...mix })),
  );
  if (wanted.length > SOUNDS_MAX)
    throw refuse(`${wanted.length} are more than an output may have, which is ${SOUNDS_MAX}`);
  const main = wanted.findIndex(({ stream }) => stream === first);
  return wanted.map((one, at) => ({ ...one, isDefault: at === main }));
}

const refuse = (why: string): TaskError =>
  new TaskError("input_not_supported", `Cannot take the source's sounds: ${why}`);

const listed = (tracks: TrackChoice): string => JSON.stringify(tracks);

/** The sounds of a source that can be used; the main one with what else is known of it. */
const allOf = (media: MediaInfo): readonly AudioStream[] =>
  usableSounds(media.streams).map((stream) => withSound(media, stream).audio ?? stream);

function streamsFor({ tracks, mix }: Sound, media: MediaInfo): readonly AudioStream[] {
  const { audio: main } = media;
  const all = allOf(media);
  const paired = (streams: readonly AudioStream[]) =>
    mix === "mono_pairs" ? pairedSounds(streams) : streams;
  if (tracks === undefined) {
    if (!main) return [];
    const pair = paired(all).find(
      ({ index, rightIndex }) => index === main.index || rightIndex === main.index,
    );
    return [main.rightIndex === undefined && mix === "mono_pairs" ? (pair ?? main) : main];
  }
  const chosen = tracks === "all" ? all : chosenOf(tracks, media);
  if (chosen.length === 0) throw refuse(`it has none of ${listed(tracks)} that can be used`);
  return paired(chosen);
}

/** The streams that the entries of a list name, each once, in the order of the list. */
function chosenOf(tracks: Exclude<TrackChoice, "all">, media: MediaInfo): readonly AudioStream[] {
  const all = allOf(media);
  return [...new Set(tracks.flatMap((track) => namedBy(track, all, media)))];
}

/** What one entry of a list names: every stream in a language, or the one at a place. */
function namedBy(
  track: string | number,
  all: readonly AudioStream[],
  { streams }: MediaInfo,
): readonly AudioStream[] {
  if (typeof track === "number") {
    const index = streams.filter(({ kind }) => kind === "audio")[track]?.index;
    return all.filter((stream) => stream.index === index);
  }
  const wanted = primaryLanguage(track);
  return all.filter(({ language }) => primaryLanguage(language ?? "und") === wanted);
}

/** The one that players begin with: the first of a list, otherwise the source's main one. */
function firstOf(
  streams: readonly AudioStream[],
  { tracks }: Sound,
  { audio }: MediaInfo,
): AudioStream | undefined {
  const main = streams.find(
    ({ index, rightIndex }) => index === audio?.index || rightIndex === audio?.index,
  );
  return (typeof tracks === "object" ? undefined : main) ?? streams[0];
}

/** Channels of more than stereo. */
const SURROUND_MIN = 3;
const SURROUND_CHANNELS = 6;

function mixesOf(
  { channels }: AudioStream,
  audio: AudioEncode | "copy",
  { mix, loudnessLufs }: Sound,
): readonly Pick<WantedSound, "audio" | "beside">[] {
  if (audio === "copy") return [{ audio }];
  const { channels: asked, ...rest } = audio;
  const own = { ...audio, ...(loudnessLufs !== undefined && { loudnessLufs }) };
  const free = { ...rest, ...(loudnessLufs !== undefined && { loudnessLufs }) };
  const stereo = { ...free, channels: 2, isSpeechKept: true as const };
  const isSurround = channels >= SURROUND_MIN;
  if (mix === "stereo") return [{ audio: isSurround ? stereo : own }];
  if (mix !== "surround_and_stereo") return [{ audio: own }];
  if (!isSurround) return [{ audio: free }];
  const most = Math.min(channels, SURROUND_CHANNELS);
  return [
    { audio: { ...free, channels: most }, beside: "surround" },
    { audio: { ...stereo, bitrateBps: Math.round(audio.bitrateBps / 2) }, beside: "stereo" },
  ];
}

/** Warns of entries of lists that name nothing of the source, and of sounds that cannot be used. */
export function soundWarnings(
  renditions: readonly Rendition[],
  media: MediaInfo,
): readonly Warning[] {
  const all = allOf(media);
  const unused = media.streams.filter(
    (one) => one.kind === "audio" && !all.some(({ index }) => index === one.index),
  );
  return renditions.flatMap(({ sound }): readonly Warning[] => {
    const tracks = sound?.tracks;
    if (tracks === undefined) return [];
    if (tracks === "all")
      return unused.map(({ index, codec }) =>
        missing(
          `Stream ${index} of the source is left out: its sound (${codec}) cannot be read here`,
        ),
      );
    return tracks
      .filter((track) => namedBy(track, all, media).length === 0)
      .map((track) =>
        missing(
          typeof track === "number"
            ? `The source has no usable sound at place ${track}, which audio_tracks names`
            : `The source has no sound in "${track}", which audio_tracks names`,
        ),
      );
  });
}

const missing = (message: string): Warning => ({ code: "audio_track_missing", message });
