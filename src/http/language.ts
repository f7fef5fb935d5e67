/** The languages that messages are written in. */
export type Language = "en" | "zh";

type Range = { readonly tag: string; readonly q: number };

/** `zh-CN;q=0.8` → `zh-cn`, 0.8. An invalid weight counts as 0, as if the range were not there. */
function parseRange(text: string): Range {
  const [tag = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const q = weight === undefined ? 1 : Number(weight);
  return { tag, q: q >= 0 && q <= 1 ? q : 0 };
}

/** The weight of a language: that of its own range, else that of the wildcard. */
function weightOf(language: Language, ranges: readonly Range[]): number {
  const own = ranges.filter(({ tag }) => tag === language || tag.startsWith(`${language}-`));
  const fitting = own.length > 0 ? own : ranges.filter(({ tag }) => tag === "*");
  return Math.max(0, ...fitting.map(({ q }) => q));
}

/** Far more than any browser sends. The rest of a longer header is not read. */
const HEADER_CHARACTERS_MAX = 1024;

/**
 * The language of `Accept-Language` with the greatest weight; the first of those with equal weights; English if neither language
 * is wanted.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
 */
export function languageOf(acceptLanguage: string | null): Language {
  const header = acceptLanguage?.slice(0, HEADER_CHARACTERS_MAX).toLowerCase() ?? "";
  if (!header.includes("zh")) return "en";
  const ranges = header.split(",").map(parseRange);
  const english = weightOf("en", ranges);
  const chinese = weightOf("zh", ranges);
  if (chinese !== english) return chinese > english ? "zh" : "en";
  if (chinese === 0) return "en";
  const first = ranges.find(({ tag }) => /^(zh|en)(-|$)/.test(tag));
  return first?.tag.startsWith("zh") ? "zh" : "en";
}
