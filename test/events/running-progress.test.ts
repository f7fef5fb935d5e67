import { describe, expect, test } from "bun:test";
import { RunningProgress, type RunningTask } from "../../src/events/running-progress.ts";

const running = (taskId: string, out: number, changes: Partial<RunningTask> = {}): RunningTask => ({
  taskId,
  clientCode: "ada",
  attempt: 1,
  sequence: 2,
  progress: JSON.stringify({ phase: "TRANSCODING", outTimeSeconds: out, speed: 1, fps: 25 }),
  ...changes,
});

const outs = (events: readonly { readonly taskId: string; readonly progress?: object }[]) =>
  events.map(({ taskId, progress }) => `${taskId}:${Object.entries(progress ?? {})[1]?.[1]}`);

describe("RunningProgress", () => {
  test("tells what has changed, by the progress or by the attempt", () => {
    const progress = new RunningProgress();
    expect(outs(progress.look([running("a", 1), running("b", 1)], 0, 0))).toEqual(["a:1", "b:1"]);
    expect(outs(progress.look([running("a", 1), running("b", 2)], 0, 500))).toEqual(["b:2"]);
    const again = running("a", 1, { attempt: 2 });
    expect(outs(progress.look([again, running("b", 2)], 0, 1000))).toEqual(["a:1"]);
    // It is away for one look: its run was given back.
    expect(outs(progress.look([again], 0, 1500))).toEqual([]);
    expect(outs(progress.look([again, running("b", 2)], 0, 2000))).toEqual(["b:2"]);
  });

  test("is due at most twice a second", () => {
    const progress = new RunningProgress();
    const looks: number[] = [];
    for (let clockMs = 7; clockMs < 10_007; clockMs += 1)
      if (progress.isDue(clockMs)) {
        looks.push(clockMs);
        progress.look([running("a", clockMs)], 0, clockMs);
      }
    expect(looks).toHaveLength(20);
    expect(looks.slice(0, 3)).toEqual([7, 507, 1007]);
  });

  test("knows the newest of a client and of a task", () => {
    const progress = new RunningProgress();
    const tasks = [running("a", 1), running("b", 2), running("c", 3, { clientCode: "bob" })];
    progress.look(tasks, 0, 0);
    expect(outs(progress.of({ clientCode: "ada" }))).toEqual(["a:1", "b:2"]);
    expect(outs(progress.of({ clientCode: "ada", taskId: "b" }))).toEqual(["b:2"]);
    expect(outs(progress.of({ clientCode: "ada", taskId: "c" }))).toEqual([]);
    progress.forget();
    expect(progress.of({ clientCode: "ada" })).toEqual([]);
  });
});
