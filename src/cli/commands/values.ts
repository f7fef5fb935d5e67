import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Reads a whole number in a range. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^-?\d{1,15}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Allowed is a whole number from ${least} to ${most}.`);
  };

/** Reads a number of seconds, fractions too. */
export function secondsOf(text: string): number {
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Allowed is a number of seconds, as 12 or 0.5.");
}

/** Reads `key=value` for each time an option is given, all into one object. */
export function pairsOf(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Allowed is key=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
