import { describe, expect, test } from "bun:test";
import { LiveWatch } from "../../../src/worker/live/live-watch.ts";

const report = (outTimeSeconds: number, frames: number) => ({
  outTimeSeconds,
  frames,
  speed: 1,
  fps: 25,
  droppedFrames: 0,
});

/** A watch that was fed one report each half second, by what each says. */
function watched(reports: readonly (readonly [number, number])[], hasVideo = true) {
  const watch = new LiveWatch({ hasVideo, startMs: 0 });
  for (const [at, [outSeconds, frames]] of reports.entries())
    watch.update(report(outSeconds, frames), (at + 1) * 500);
  return watch;
}

const steady = (count: number) =>
  Array.from({ length: count }, (_, at) => [at / 2, at * 12] as const);

describe("LiveWatch", () => {
  test("finds nothing wrong with a stream that plays", () => {
    expect(watched(steady(20)).trouble(10_000)).toBeUndefined();
  });

  test("takes a change for a sign of the source, even before the first report", () => {
    const watch = watched([]);
    expect(watch.seenMs).toBeUndefined();
    watch.change(300);
    expect(watch.trouble(310)).toBe("its streams have changed");
    expect(watch.seenMs).toBe(300);
    expect(watch.movedMs).toBeUndefined();
  });

  test("waits longer for the first frame than for the next ones", () => {
    expect(watched([]).trouble(12_000)).toBeUndefined();
    expect(watched([]).trouble(21_000)).toBe("it sends nothing");
    expect(watched(steady(4)).trouble(5_000)).toBe("it sends nothing");
  });

  test("sees a picture that stands still while the sound goes on", () => {
    const reports = [...steady(4), [2, 36], [2.5, 36], [3, 36], [3.5, 36], [4, 36]] as const;
    expect(watched(reports).trouble(4_600)).toBe("it sends nothing");
    expect(watched(reports, false).trouble(4_600)).toBeUndefined();
  });

  test("sees frames whose time stamps stand still", () => {
    const reports = [
      ...steady(4),
      [1.51, 48],
      [1.52, 60],
      [1.53, 72],
      [1.54, 84],
      [1.55, 96],
    ] as const;
    expect(watched(reports).trouble(4_600)).toBe("it sends nothing");
  });

  test("sees time stamps that jump ahead, but not what a server sends at once", () => {
    expect(
      watched([
        [0.5, 1],
        [8, 200],
      ]).trouble(1_200),
    ).toBeUndefined();
    expect(
      watched([
        [0.5, 1],
        [3_600, 25],
      ]).trouble(1_200),
    ).toBe("its time stamps jump");
  });

  test("knows when the stream last got on", () => {
    expect(watched([]).movedMs).toBeUndefined();
    expect(watched([...steady(4), [1.5, 36]]).movedMs).toBe(2_000);
  });
});
