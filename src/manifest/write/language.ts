/** The codes that libraries use for some languages, and the codes that players know them by. */
const SPOKEN: Readonly<Record<string, string>> = {
  alb: "sq",
  arm: "hy",
  baq: "eu",
  bur: "my",
  chi: "zh",
  cze: "cs",
  dut: "nl",
  fre: "fr",
  geo: "ka",
  ger: "de",
  gre: "el",
  ice: "is",
  mac: "mk",
  mao: "mi",
  may: "ms",
  per: "fa",
  rum: "ro",
  slo: "sk",
  tib: "bo",
  wel: "cy",
};

/**
 * A language as manifests call it: the shortest code it has.
 *
 * @param language - ISO 639 or a tag, as files have it (`MediaInfo` holds no others)
 * @see https://www.rfc-editor.org/rfc/rfc5646#section-2.2.1
 */
export const languageTag = (language: string): string =>
  Intl.getCanonicalLocales(SPOKEN[language] ?? language)[0] ?? language;
