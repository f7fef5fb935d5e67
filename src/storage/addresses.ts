import { maskSecrets } from "../lib/mask.ts";
import { TaskError } from "../task/errors.ts";
import { type Side, schemeOf, unsupportedCode } from "./storage.ts";

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Characters that could hide, move or break a line of text and that JSON leaves as they are. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const QUOTE_LENGTH_MAX = 200;

/** An address as it may be shown: quoted, on one line, cut, credentials masked. */
export function quoteAddress(url: string): string {
  // Masked before it is cut: a cut in the middle of a password would hide that it is one.
  const masked = maskSecrets(url);
  const cut = masked.length > QUOTE_LENGTH_MAX ? `${masked.slice(0, QUOTE_LENGTH_MAX)}…` : masked;
  return JSON.stringify(cut).replace(
    INVISIBLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The address with the space before it, as an error names it; empty if it may hold credentials that are not masked, for
 * masking finds those of well-formed addresses alone.
 */
export const shownAddress = (url: string): string =>
  /[@?]/.test(url) || url === "" ? "" : ` ${quoteAddress(url)}`;

/** Makes the error of an address that cannot be read. */
export type Refuse = (why: string) => TaskError;

/** The errors of an address that cannot be read. @param shown - as `shownAddress` gives it */
export const refuserOf =
  (shown: string): Refuse =>
  (why) =>
    new TaskError("invalid_parameter", `Cannot read the address${shown}: ${why}`);

/** Refuses what is no text of an address, whatever its scheme: emptiness, control characters, broken Unicode. */
export function refuseIllFormed(text: string, refuse: Refuse): void {
  if (text === "") throw refuse("it is empty");
  if (CONTROL.test(text)) throw refuse("it holds a control character");
  if (!text.isWellFormed()) throw refuse("it is no well-formed Unicode");
}

/**
 * Refuses an address of other schemes; gives its own.
 *
 * @param shown - as `shownAddress` gives it
 * @throws {TaskError} `input_not_supported` or `output_not_supported`
 */
export function schemeAmong<Scheme extends string>(
  schemes: readonly Scheme[],
  url: string,
  side: Side,
  shown: string,
): Scheme {
  const written = schemeOf(url);
  const scheme = schemes.find((each) => each === written);
  if (scheme !== undefined) return scheme;
  throw new TaskError(
    unsupportedCode(side),
    `Cannot use the address${shown}: the scheme "${written}" is not supported here`,
  );
}
