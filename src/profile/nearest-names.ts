/** More would not be read. */
const NAMES_MAX = 3;
/** A client may have very many profiles; so many are compared. */
const COMPARED_MAX = 1_000;
/** Which part of a name may be wrong for another one to be meant. */
const SLIPS_PART_MAX = 1 / 2;

/** The names that a caller may have meant by one that there is not, the nearest first. */
export function nearestNames(name: string, known: readonly string[]): readonly string[] {
  const slipsMax = Math.ceil(name.length * SLIPS_PART_MAX);
  return known
    .filter((one) => Math.abs(one.length - name.length) <= slipsMax)
    .slice(0, COMPARED_MAX)
    .map((one) => ({ one, slips: distance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ slips }) => slips <= slipsMax)
    .toSorted((a, b) => a.slips - b.slips)
    .slice(0, NAMES_MAX)
    .map(({ one }) => one);
}

/** How many letters must be inserted, removed or replaced to get from one word to another (Levenshtein). */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (letter === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
