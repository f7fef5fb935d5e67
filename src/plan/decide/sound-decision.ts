import { languageCode } from "../../manifest/write/language.ts";
import type { MediaInfo, SoundLabel } from "../../probe/media.ts";
import { holdsSounds } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import type { Assignment, AudioEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { type AudioEncoding, audioEncoding, channelCount } from "../encode/audio-encoding.ts";
import { levelling, loudnessBefore } from "../encode/loudness.ts";
import type { PlannedOutput, PlannedSound, StreamDecision } from "../plan.ts";
import {
  type DecisionSource,
  decideOutput,
  type Judged,
  type OutputDecision,
  type SoundDecision,
} from "./output-decision.ts";
import { soundsFor, type WantedSound, withSound } from "./sounds.ts";

/** What players are told of a sound. */
export const labelOf = ({ stream, isDefault, beside }: WantedSound): SoundLabel => ({
  ...(stream.language !== undefined && { language: languageCode(stream.language) }),
  ...(stream.title !== undefined && { title: stream.title }),
  dispositions: stream.dispositions.filter((one) => one !== "default"),
  isDefault,
  ...(beside && { beside }),
});

/** How a sound is made that is encoded, and what is to be measured before that is known. */
export function levelledEncoding(
  encode: AudioEncode,
  media: MediaInfo,
  { stream }: Pick<WantedSound, "stream">,
  container: Written,
): { readonly audio: AudioEncoding; readonly asks?: string } {
  const { audio: source = stream } = media;
  const audio = audioEncoding(encode, source, container);
  if (encode.loudnessLufs === undefined) return { audio };
  const { filters, asks } = levelling(audio, source, encode.loudnessLufs, media);
  return {
    audio: { ...audio, channels: [...audio.channels, ...filters] },
    ...(asks !== undefined && { asks }),
  };
}

/** One sound as it is planned, from what was decided as if it were alone. */
export function plannedSound(
  wanted: WantedSound,
  { product, rendition }: Judged,
  media: MediaInfo,
): PlannedSound {
  const { stream } = wanted;
  const { video: _, ...expect } = product.expect;
  const encode = rendition.audio;
  const isEncoded = product.audio.action === "encode" && typeof encode === "object";
  const plain = isEncoded ? audioEncoding(encode, stream, product.container) : undefined;
  const before = plain && loudnessBefore(plain, stream, media);
  const wantedLufs = isEncoded ? encode.loudnessLufs : undefined;
  return {
    stream,
    label: labelOf(wanted),
    audio: product.audio,
    expect,
    ...(plain && { channels: channelCount(plain) }),
    ...(wantedLufs !== undefined && { loudness: { wantedLufs, ...(before && { before }) } }),
  };
}

/**
 * Decides what one assignment whose sounds are chosen makes of a source that is a file: each sound is judged as if it were the only
 * one.
 *
 * @throws {TaskError} as `decideOutput`, and `input_not_supported` if the source has none of the sounds
 */
export function decideSounds(
  assignment: Omit<Assignment, "set">,
  index: number,
  source: DecisionSource,
): OutputDecision {
  const { rendition } = assignment;
  const { media } = source;
  const all = soundsFor(rendition, media).map((wanted) => {
    const own = { ...source, media: withSound(media, wanted.stream) };
    const asked = { ...assignment, rendition: { ...rendition, audio: wanted.audio } };
    return { wanted, own, made: decideOutput(asked, index, own) };
  });
  const heard = all.filter(({ made }) => made.product.audio.action !== "none");
  const first = (heard[0] ?? all[0])?.made ?? decideOutput(assignment, index, source);
  if (heard.length === 0) return first;
  const sounds = heard.map(({ wanted, own, made }): SoundDecision => {
    const { stream } = wanted;
    const { audio } = made.rendition;
    const isEncoded = made.audio !== undefined && typeof audio === "object";
    const how = isEncoded
      ? levelledEncoding(audio, own.media, wanted, made.product.container)
      : { audio: "copy" as const };
    return { stream: own.media.audio ?? stream, label: labelOf(wanted), ...how };
  });
  refuseSeveral(first.product.container, sounds.length);
  const { audio: _, ...rest } = first;
  const planned = heard.map(({ wanted, own, made }) =>
    plannedSound({ ...wanted, stream: own.media.audio ?? wanted.stream }, made, own.media),
  );
  return { ...rest, sounds, product: withSounds(first.product, planned) };
}

/** A container that is the source's own is known only now. */
function refuseSeveral(container: Written, count: number): void {
  if (count > 1 && !holdsSounds(container))
    throw new TaskError(
      "output_not_supported",
      `Cannot put ${count} sounds into "${container}": it holds one`,
    );
}

/** A product with several sounds: the longest counts for its duration. */
function withSounds(product: PlannedOutput, sounds: readonly PlannedSound[]): PlannedOutput {
  const ends = sounds.flatMap(({ expect }) => expect.durationSeconds ?? []);
  const slack = Math.max(...sounds.map(({ expect }) => expect.durationToleranceSeconds));
  const isTold = ends.length === sounds.length;
  const timed = {
    ...(isTold && { durationSeconds: Math.max(...ends) }),
    durationToleranceSeconds: slack,
  };
  const { durationSeconds: _, ...expect } = product.expect;
  return {
    ...product,
    audio: decisionOf(sounds, product.audio),
    expect: { ...expect, ...timed },
    sounds: sounds.map((sound) => {
      const { durationSeconds: _own, ...own } = sound.expect;
      return { ...sound, expect: { ...own, ...timed } };
    }),
  };
}

/** What becomes of several sounds together: they count as encoded if one of them is. */
const decisionOf = (sounds: readonly PlannedSound[], first: StreamDecision): StreamDecision =>
  sounds.find(({ audio }) => audio.action === "encode")?.audio ?? first;
