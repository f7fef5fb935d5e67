import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { FLASH_SOURCES, offsets, type Seen } from "../../fixtures/flash-beep.ts";
import { syncOf } from "../sync-matrix.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(240_000);

/** Sooner or later than this is noticed; sums of times are off by a little. */
const SYNC_SECONDS = 0.02 + 1e-6;

/** What is wrong with what one sees and hears, against the source as a player that honours edit lists presents it. */
function faults(seen: Seen, source: Seen): readonly string[] {
  const [is, wanted] = [offsets(seen), offsets(source)];
  const off = Math.max(...is.map((seconds, at) => Math.abs(seconds - (wanted[at] ?? 0))));
  return [
    ...(is.length === wanted.length ? [] : [`${is.length} of ${wanted.length} flashes`]),
    ...(off <= SYNC_SECONDS ? [] : [`${Math.round(off * 1000)} ms off`]),
    ...(seen.hiddenPictures === 0 ? [] : [`${seen.hiddenPictures} hidden pictures`]),
    ...(seen.hiddenSoundSeconds < 0.01 ? [] : [`${seen.hiddenSoundSeconds} s of hidden sound`]),
  ];
}

describe("picture and sound stay together, and what is hidden stays hidden", () => {
  test.each(Object.entries(FLASH_SOURCES))("of %s", async (_, make) => {
    const path = await make();
    const { source, made } = await syncOf(path);
    expect(source.flashes.length).toBeGreaterThan(1);
    const wrong = made.flatMap(({ name, seen }) => {
      const found = faults(seen, source);
      return found.length === 0 ? [] : [`${name}: ${found.join(", ")}`];
    });
    expect(wrong).toEqual([]);
  });
});
