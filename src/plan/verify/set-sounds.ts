import { distinctNames, languageName, languageTag } from "../../manifest/write/language.ts";
import { escaped } from "../../manifest/write/markup.ts";
import type { Disposition, SoundLabel } from "../../probe/media.ts";
import type { SetPlan, Track } from "../plan.ts";

/** A track, as far as players are told of its sound. */
type Told = Pick<Track, "kind" | "language"> & { readonly sound?: { readonly label: SoundLabel } };

/** The sounds that a rendition of a set has a choice of; none if it has no sound, or its sound is not apart. */
export const soundGroupOf = ({
  video,
  audio,
  sounds,
}: SetPlan["renditions"][number]): readonly number[] => {
  if (sounds) return sounds;
  return video !== undefined && audio !== undefined ? [audio] : [];
};

/** What Apple's players call the purpose of a sound. @see RFC 8216, 4.3.4.1 */
const CHARACTERISTICS: Partial<Readonly<Record<Disposition, string>>> = {
  visual_impaired: "public.accessibility.describes-video",
  descriptions: "public.accessibility.describes-video",
  hearing_impaired: "public.accessibility.enhances-speech-intelligibility",
};

/** Sounds that nobody expects who has not chosen them. */
const CHOSEN_ONLY: readonly Disposition[] = ["comment", "karaoke", "clean_effects", "dependent"];

/** The attributes of a sound's `EXT-X-MEDIA`, but for its group, its channels and its address. */
export function soundAttributes(
  tracks: readonly Told[],
  group: readonly number[],
  at: number,
): readonly string[] {
  const { language, sound } = tracks[at] ?? {};
  const tongue = language === undefined ? [] : [`LANGUAGE="${languageTag(language)}"`];
  if (!sound) return [`NAME="audio",DEFAULT=YES,AUTOSELECT=YES`, ...tongue];
  const { dispositions, isDefault } = sound.label;
  const isOffered = isDefault || !dispositions.some((one) => CHOSEN_ONLY.includes(one));
  const purposes = new Set(dispositions.flatMap((one) => CHARACTERISTICS[one] ?? []));
  return [
    `NAME="${namesOf(tracks, group)[group.indexOf(at)] ?? "audio"}"`,
    `DEFAULT=${isDefault ? "YES" : "NO"}`,
    `AUTOSELECT=${isOffered ? "YES" : "NO"}`,
    ...tongue,
    ...(purposes.size > 0 ? [`CHARACTERISTICS="${[...purposes].join(",")}"`] : []),
  ];
}

/** A name for each sound of a group, no two alike. */
const namesOf = (tracks: readonly Told[], group: readonly number[]): readonly string[] =>
  distinctNames(group.map((at) => nameOf(tracks[at])));

const BESIDE = { surround: " 5.1", stereo: " stereo" } as const;

/** What people are shown of a sound: its title, or its language in English. */
function nameOf({ language, sound }: Told = { kind: "audio" }): string {
  const { title, beside } = sound?.label ?? {};
  const name =
    title ?? (language === undefined ? "audio" : languageName(languageTag(language), "en"));
  return name.replaceAll('"', "'") + (beside ? BESIDE[beside] : "");
}

/** What DASH calls the purpose of a sound. @see ISO/IEC 23009-1, 5.8.5.5 */
const ROLES: Partial<Readonly<Record<Disposition, string>>> = {
  dub: "dub",
  comment: "commentary",
  karaoke: "karaoke",
};
/** The same for accessibility, as TV-Anytime numbers it. */
const ACCESSIBILITY: Partial<Readonly<Record<Disposition, string>>> = {
  visual_impaired: "1",
  descriptions: "1",
  hearing_impaired: "2",
};

const descriptor = (element: string, scheme: string, value: string): string =>
  `<${element} schemeIdUri="${scheme}" value="${value}"/>`;

/** A manifest that says of each sound that was chosen what it is for. ffmpeg says its language alone. */
export const withSoundRoles = (manifest: string, tracks: readonly Told[]): string =>
  manifest.replace(
    /(<AdaptationSet [^>]*>)(?=[\s\S]*?<Representation id="(\d+)")/g,
    (whole, head: string, id: string) => {
      const { sound } = tracks[Number(id)] ?? {};
      return sound ? head + rolesOf(sound.label, nameOf(tracks[Number(id)])).join("") : whole;
    },
  );

function rolesOf({ dispositions, isDefault }: SoundLabel, name: string): readonly string[] {
  const aids = new Set(dispositions.flatMap((one) => ACCESSIBILITY[one] ?? []));
  const roles = new Set(dispositions.flatMap((one) => ROLES[one] ?? []));
  const main = isDefault ? "main" : "alternate";
  return [
    `<Label>${escaped(name)}</Label>`,
    ...[...aids].map((one) =>
      descriptor("Accessibility", "urn:tva:metadata:cs:AudioPurposeCS:2007", one),
    ),
    ...[...(roles.size > 0 && !isDefault ? [] : [main]), ...roles].map((one) =>
      descriptor("Role", "urn:mpeg:dash:role:2011", one),
    ),
  ];
}
