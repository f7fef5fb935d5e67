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

/**
 * What people call a language.
 *
 * @param tag - as `languageTag` gives it; what it says beyond language, script and region has no name
 * @param inTongue - the language of the name
 */
export function languageName(tag: string, inTongue: string): string {
  const names = new Intl.DisplayNames([inTongue], { type: "language", fallback: "code" });
  return names.of(new Intl.Locale(tag).baseName) ?? tag;
}

/** Names for a menu: one that others have before it gets a number. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let number = 2; taken.has(distinct); number += 1) distinct = `${name} ${number}`;
    taken.add(distinct);
    return distinct;
  });
}

/** The languages that have a code of two letters (ISO 639-1), each with the one of three (ISO 639-2/T) that files know it by. */
const CODES =
  "aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bi:bis bm:bam bn:ben " +
  "bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan de:deu dv:div dz:dzo ee:ewe el:ell " +
  "en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv " +
  "ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita " +
  "iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir " +
  "la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt " +
  "my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan " +
  "pi:pli pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk sl:slv " +
  "sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn " +
  "to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor " +
  "za:zha zh:zho zu:zul";

/** The language itself, without region or script, by its shortest code: `eng`, `en` and `en-US` are all `en`. */
export const primaryLanguage = (language: string): string => {
  const [primary = ""] = language.toLowerCase().split("-");
  return languageTag(primary).split("-")[0] ?? primary;
};

/** A language as the streams of files have it: three letters (ISO 639-2/T), as MP4 and MPEG-TS hold nothing else. */
export function languageCode(language: string): string {
  const primary = primaryLanguage(language);
  const at = CODES.indexOf(`${primary}:`);
  return at < 0 ? primary : CODES.slice(at + 3, at + 6);
}

/** The same by the codes of libraries (ISO 639-2/B), which QuickTime files know. */
export function libraryCode(language: string): string {
  const primary = primaryLanguage(language);
  const code = Object.keys(SPOKEN).find((one) => SPOKEN[one] === primary);
  return code ?? languageCode(language);
}
