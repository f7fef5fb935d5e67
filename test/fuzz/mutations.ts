import { Random } from "../simulation/random.ts";

/** What may happen to a file on its way; each changes a copy of the bytes. */
const MUTATIONS: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>> = {
  cut: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  "beginning lost": (bytes, random) => bytes.subarray(random.below(bytes.length)),
  "bits turned": (bytes, random) => {
    const share = 10 ** -(2 + random.below(3));
    return Buffer.from(
      bytes.map((byte) => (random.chance(share) ? byte ^ (1 << random.below(8)) : byte)),
    );
  },
  "bits of the head turned": (bytes, random) => {
    const head = Math.min(bytes.length, 2048);
    const copy = Buffer.from(bytes);
    for (let left = 1 + random.below(20); left > 0; left -= 1) {
      const at = random.below(head);
      copy[at] = random.below(256);
    }
    return copy;
  },
  "a piece zeroed": (bytes, random) => {
    const copy = Buffer.from(bytes);
    const from = random.below(bytes.length);
    return copy.fill(0, from, Math.min(bytes.length, from + random.below(16_384)));
  },
  "a piece lost": (bytes, random) => {
    const from = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.below(8192))]);
  },
  "a piece twice": (bytes, random) => {
    const from = random.below(bytes.length);
    const piece = bytes.subarray(from, from + random.below(8192));
    return Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(from)]);
  },
  "noise between": (bytes, random) => {
    const from = random.below(bytes.length);
    const noise = Buffer.from(Array.from({ length: random.below(4096) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, from), noise, bytes.subarray(from)]);
  },
  "two pieces swapped": (bytes, random) => {
    const [a = 0, b = 0] = [random.below(bytes.length), random.below(bytes.length)].sort(
      (x, y) => x - y,
    );
    return Buffer.concat([bytes.subarray(b), bytes.subarray(a, b), bytes.subarray(0, a)]);
  },
};

/** A damaged copy of a file, the same for the same seed, and what was done to it. */
export function mutated(
  bytes: Buffer,
  seed: number,
): { readonly how: string; readonly bytes: Buffer } {
  const random = new Random(seed);
  const hows = Array.from(
    { length: random.chance(0.3) ? 2 : 1 },
    () => random.pick(Object.keys(MUTATIONS)) ?? "cut",
  );
  const worn = hows.reduce((all, how) => MUTATIONS[how]?.(all, random) ?? all, bytes);
  return { how: hows.join(", then "), bytes: worn };
}
