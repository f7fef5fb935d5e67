/** Characters from a code on, in their order; a space that stands for itself is one that cannot be seen. */
const from = (code: number, characters: string): readonly (readonly [number, string])[] =>
  [...characters].map((one, at) => [code + at, one]);

/** Where CEA-608 differs from ASCII. */
const BASIC: ReadonlyMap<number, string> = new Map([
  ...([
    [0x27, "’"],
    [0x2a, "á"],
    [0x5c, "é"],
    [0x7f, "█"],
  ] as const),
  ...from(0x5e, "íóú"),
  ...from(0x7b, "ç÷Ññ"),
]);

/** A character of CEA-608 by its byte, from 0x20 on. */
export const basicCharacter = (code: number): string =>
  BASIC.get(code) ?? String.fromCharCode(code);

/** Those behind 0x11, 0x12 and 0x13. */
const SPECIAL: ReadonlyMap<number, string> = new Map([
  ...from(0x1130, "®°½¿™¢£♪à\u00A0èâêîôû"),
  ...from(0x1220, "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»"),
  ...from(0x1320, "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘"),
]);

/** A character of CEA-608 by two bytes of the first channel; undefined if these are something else. */
export const specialCharacter = (one: number, two: number): string | undefined =>
  SPECIAL.get((one << 8) | two);

/** Those of CEA-708 behind the byte that extends its code. */
const EXTENDED: ReadonlyMap<number, string> = new Map([
  ...([
    [0x20, " "],
    [0x21, "\u00A0"],
    [0x25, "…"],
    [0x2a, "Š"],
    [0x2c, "Œ"],
    [0x39, "™"],
    [0x3a, "š"],
    [0x3c, "œ"],
    [0x3d, "℠"],
    [0x3f, "Ÿ"],
  ] as const),
  ...from(0x30, "█‘’“”•"),
  ...from(0x76, "⅛⅜⅝⅞│┐└─┘┌"),
]);

/** Stands for a character that is not known. */
const UNKNOWN = "_";

/** A character of CEA-708; a code that has none stands for a mark that says so. @param isExtended - behind the byte that extends it */
export function serviceCharacter(code: number, isExtended: boolean): string {
  if (isExtended) return EXTENDED.get(code) ?? UNKNOWN;
  return code === 0x7f ? "♪" : String.fromCharCode(code);
}

/** What no text holds: lines that end within one would end its cue. */
const CONTROL = /\p{Cc}/u;

/** A character of CEA-708 by its code in UTF-16; one that is none of a text by the same mark. */
export function wideCharacter(code: number): string {
  const character = String.fromCharCode(code).toWellFormed();
  return CONTROL.test(character) ? UNKNOWN : character;
}
