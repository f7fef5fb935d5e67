/** A positive fraction such as a frame rate (30000/1001) or a sample aspect ratio (16/15). */
export type Rational = { readonly num: number; readonly den: number };

/** Reads `30000/1001`, `16:15` or `25`; undefined if it is no positive finite fraction (ffprobe writes `0/0`). */
export function parseRational(text: string): Rational | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:[/:](\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const num = Number(match[1]);
  const den = Number(match[2] ?? "1");
  return num > 0 && den > 0 && Number.isFinite(num) ? { num, den } : undefined;
}

/** The greatest number that divides both of two whole numbers. */
export const greatestCommon = (one: number, other: number): number =>
  other === 0 ? one : greatestCommon(other, one % other);

/** The same fraction in lowest terms. */
export function reduced({ num, den }: Rational): Rational {
  const common = greatestCommon(num, den);
  return { num: num / common, den: den / common };
}

/** The value as a number. */
export const toNumber = ({ num, den }: Rational): number => num / den;

/** `30000/1001`, or `25` if the denominator is 1: the form that ffmpeg's `fps` filter takes. */
export const formatRational = ({ num, den }: Rational): string =>
  den === 1 ? String(num) : `${num}/${den}`;
