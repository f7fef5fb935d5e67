import { languageCode } from "../../manifest/write/language.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Written } from "../../profile/containers.ts";
import type { Assignment, AudioEncode } from "../../profile/profile.ts";
import { audioEncoding } from "../encode/audio-encoding.ts";
import {
  type DecisionSource,
  type Judged,
  judgeRendition,
  type SetDecision,
  type SoundDecision,
} from "./output-decision.ts";
import { labelOf, levelledEncoding } from "./sound-decision.ts";
import { soundsFor, type WantedSound, withSound } from "./sounds.ts";

/** One sound of a set, as one of its renditions has it. */
export type HeardSound = {
  /** The same for sounds that are made once. */
  readonly key: string;
  readonly audio: AudioEncode | "copy";
  /** Judged as if it were the only sound of its rendition. */
  readonly judged: Judged;
  /** The source with it as the main sound. */
  readonly media: MediaInfo;
  /** Absent for the main sound of a rendition whose sounds were not chosen. */
  readonly wanted?: WantedSound;
};

/** A rendition of a set; with its sounds if these were chosen. */
export type JudgedRendition = Judged & { readonly heard?: readonly HeardSound[] };

const keyOf = (audio: AudioEncode | "copy"): string =>
  JSON.stringify(typeof audio === "string" ? audio : Object.entries(audio).toSorted());

/** The audio of a rendition, undefined if it has none. It is copied if possible, because audio can be cut at any packet. */
function audioOf({ product, rendition: { audio } }: Judged): AudioEncode | "copy" | undefined {
  if (product.audio.action === "none" || audio === "none") return undefined;
  return product.audio.action === "copy" ? "copy" : audio;
}

/**
 * Judges a rendition of a set, and each of its sounds as if it were the only one.
 *
 * @throws {TaskError} as `judgeRendition` and `soundsFor`
 */
export function judgeSounds(
  assignment: Omit<Assignment, "set">,
  index: number,
  source: DecisionSource,
): JudgedRendition {
  const { rendition } = assignment;
  if (!rendition.sound) return judgedAlone(judgeRendition(assignment, index, source), source.media);
  const heard = soundsFor(rendition, source.media).flatMap((wanted): HeardSound[] => {
    const media = withSound(source.media, wanted.stream);
    const asked = { ...assignment, rendition: { ...rendition, audio: wanted.audio } };
    const judged = judgeRendition(asked, index, { ...source, media });
    const audio = audioOf(judged);
    const { stream, isDefault, beside = "" } = wanted;
    const key = audio && [keyOf(audio), stream.index, stream.rightIndex, isDefault, beside].join();
    return audio && key !== undefined ? [{ key, audio, judged, media, wanted }] : [];
  });
  const first = heard[0]?.judged ?? judgeRendition(assignment, index, source);
  return { ...first, heard };
}

const judgedAlone = (judged: Judged, media: MediaInfo): JudgedRendition => {
  const audio = audioOf(judged);
  return audio ? { ...judged, heard: [{ key: keyOf(audio), audio, judged, media }] } : judged;
};

/** The sounds of a rendition. */
export const heardOf = ({ heard = [] }: JudgedRendition): readonly HeardSound[] => heard;

/** The sounds of a set, each once, in the order of its tracks. */
export const uniqueSounds = (decisions: readonly JudgedRendition[]): readonly HeardSound[] => [
  ...new Map(decisions.flatMap(heardOf).map((one) => [one.key, one])).values(),
];

/** How the sounds of a set are made, and of which streams if they were chosen. */
export function soundsMade(
  sounds: readonly HeardSound[],
  container: Written,
): Pick<SetDecision, "audios" | "sounds"> {
  const made = sounds.map((heard) => soundMade(heard, container));
  const isChosen = sounds.some(({ wanted }) => wanted);
  const chosen = made.flatMap(({ sound }) => sound ?? []);
  return { audios: made.map(({ audio }) => audio), ...(isChosen && { sounds: chosen }) };
}

function soundMade({ audio, media, wanted }: HeardSound, container: Written) {
  const { audio: stream } = media;
  if (!stream) return { audio: "copy" as const };
  const how =
    audio === "copy"
      ? { audio }
      : wanted
        ? levelledEncoding(audio, media, wanted, container)
        : { audio: audioEncoding(audio, stream, container) };
  const { language } = stream;
  const label = wanted
    ? labelOf(wanted)
    : {
        ...(language !== undefined && { language: languageCode(language) }),
        dispositions: [],
        isDefault: true,
      };
  const sound: SoundDecision = { stream, label, ...how };
  return { audio: how.audio, sound };
}
