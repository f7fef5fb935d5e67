import { describe, expect, test } from "bun:test";
import { Places } from "../../../src/engine/ffmpeg/places.ts";

const never = new AbortController().signal;

/** Begins a run of an owner's: whether it has begun, and a way to end it. */
function aRun(places: Places, owner: object, signal = never) {
  const gate = Promise.withResolvers<void>();
  const run = { hasBegun: false, end: gate.resolve, ended: Promise.resolve<unknown>(undefined) };
  const work = async () => {
    run.hasBegun = true;
    await gate.promise;
  };
  run.ended = places.use(owner, signal, work).catch((error: unknown) => error);
  return run;
}

/** Lets all that can go on do so. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

const begun = (runs: readonly { readonly hasBegun: boolean }[]) =>
  runs.map(({ hasBegun }) => hasBegun);

describe("Places", () => {
  test("lets as many begin at once as there are, and the next as one ends, in their order", async () => {
    const places = new Places(2);
    const owner = {};
    const runs = [1, 2, 3, 4].map(() => aRun(places, owner));
    await settled();
    expect(begun(runs)).toEqual([true, true, false, false]);
    runs[1]?.end();
    await settled();
    expect(begun(runs)).toEqual([true, true, true, false]);
    for (const { end } of runs) end();
    await Promise.all(runs.map(({ ended }) => ended));
    expect(begun(runs)).toEqual([true, true, true, true]);
  });

  test("lets an owner begin who has nothing under way, and takes it from those who have more", async () => {
    const places = new Places(2);
    const [first, second] = [{}, {}];
    const [one, two, three] = [1, 2, 3].map(() => aRun(places, first));
    const [four, five] = [1, 2].map(() => aRun(places, second));
    await settled();
    const runs = [one, two, three, four, five] as const;
    expect(begun(runs.map((run) => run ?? { hasBegun: false }))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    one?.end();
    await settled();
    expect([three?.hasBegun, five?.hasBegun]).toEqual([false, false]);
    // The last of its owner's: the next of the same goes on, also while there are no places.
    four?.end();
    await settled();
    expect([three?.hasBegun, five?.hasBegun]).toEqual([false, true]);
    for (const run of runs) run?.end();
    await Promise.all(runs.map((run) => run?.ended));
  });

  test("keeps no place for one who failed, or who waited in vain", async () => {
    const places = new Places(1);
    const owner = {};
    const reason = new Error("no more");
    await places.use(owner, never, () => Promise.reject(reason)).catch(() => {});
    const run = aRun(places, owner);
    const controller = new AbortController();
    const waiting = aRun(places, owner, controller.signal);
    const next = aRun(places, owner);
    controller.abort(reason);
    expect(await waiting.ended).toBe(reason);
    expect(await aRun(places, {}, controller.signal).ended).toBe(reason);
    run.end();
    await settled();
    expect(begun([run, waiting, next])).toEqual([true, false, true]);
    next.end();
    await next.ended;
  });
});
