import { distinctNames, languageCode, languageName, languageTag } from "./language.ts";

/** Captions in the pictures of a set: their channel (`CC1`, `SERVICE1`), and their language if that is known. */
export type ToldCaptions = { readonly channel: string; readonly language?: string };

/** The group of a set's captions in its multivariant playlist. */
const CAPTION_GROUP = "captions";

/**
 * What a multivariant playlist says of the captions in its pictures.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4.1
 */
export function captionMedia(captions: readonly ToldCaptions[]): readonly string[] {
  const names = distinctNames(captions.map(captionName));
  return captions.map(({ channel, language }, at) =>
    [
      `#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="${CAPTION_GROUP}",NAME="${names[at]}"`,
      ...(language === undefined ? [] : [`LANGUAGE="${languageTag(language)}"`]),
      `DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="${channel}"`,
    ].join(","),
  );
}

/** What people are shown of captions: their language in its own words, or their channel. */
const captionName = ({ channel, language }: ToldCaptions): string => {
  const tag = language && languageTag(language);
  return tag ? languageName(tag, tag) : channel;
};

/**
 * What each stream of a multivariant playlist says of captions: their group, or that there are none. Nothing if it is not known.
 *
 * The standard wants `NONE` at all streams or at none, and the same group everywhere keeps players from changing their menus.
 */
export function captionAttributes(
  captions: readonly ToldCaptions[] | undefined,
): readonly string[] {
  if (!captions) return [];
  return [`CLOSED-CAPTIONS=${captions.length > 0 ? `"${CAPTION_GROUP}"` : "NONE"}`];
}

/**
 * What a manifest of DASH calls the two kinds of captions, and how it writes a channel with its language.
 *
 * @see ANSI/SCTE 214-1, 7.2
 */
const KINDS = [
  {
    scheme: "urn:scte:dash:cc:cea-608:2015",
    channels: /^CC/,
    told: (channel: string, language: string) => `${channel}=${language}`,
  },
  {
    scheme: "urn:scte:dash:cc:cea-708:2015",
    channels: /^SERVICE/,
    told: (channel: string, language: string) => `${channel.slice(7)}=lang:${language}`,
  },
] as const;

/** A language that nobody says, in ISO 639. */
const UNKNOWN = "und";

/** A manifest of DASH that tells of the captions in its pictures; the same if there are none. */
export function withCaptions(manifest: string, captions: readonly ToldCaptions[] = []): string {
  const told = KINDS.flatMap(({ scheme, channels, told: tell }) => {
    const own = captions.filter(({ channel }) => channels.test(channel));
    const value = own.map(({ channel, language }) =>
      tell(channel, language === undefined ? UNKNOWN : languageCode(language)),
    );
    return own.length > 0
      ? [`\t\t\t<Accessibility schemeIdUri="${scheme}" value="${value.join(";")}"/>\n`]
      : [];
  });
  return manifest.replace(
    /<AdaptationSet [^>]*contentType="video"[^>]*>[\s\S]*?(?=\t*<Representation )/g,
    (head) => head + told.join(""),
  );
}
