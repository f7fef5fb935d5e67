import fc from "fast-check";
import { TaskError } from "../../src/task/errors.ts";
import { canMove, isFinal } from "../../src/task/status.ts";
import type { Claim, Task } from "../../src/task/task.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  anOutput,
  aTargetOf,
  aWorker,
  eventsOf,
  QUEUE_LIMITS,
  type StoreBench,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What callers, workers and crashes did so far. */
type History = { readonly ids: string[]; readonly claims: Claim[] };

/** One thing that happens; numbers choose among the tasks and claims there have been, stale ones too. */
type Happening = (bench: StoreBench, history: History) => Promise<unknown>;

/** Answers that a call may get whose moment has passed. */
const EXPECTED = ["lease_lost", "task_conflict", "cancelled", "internal"];

const failure = aFailure;
const small = fc.nat({ max: 5 });
const worker = fc.constantFrom("worker-1", "worker-2").map(aWorker);
const target = fc.nat({ max: 1 });
const targets = fc.constantFrom(["a"], ["a", "b"], ["c", "d"], ["e"]);
const outcome = fc.constantFrom(
  { status: "SUCCESS" },
  { status: "FAILED", failure },
  { status: "CANCELLED" },
) satisfies fc.Arbitrary<{ status: string }>;
const result = fc.constantFrom(
  { status: "RUNNING" },
  { status: "SUCCESS", output: anOutput },
  { status: "FAILED", failure },
) satisfies fc.Arbitrary<{ status: string }>;

const pick = <T>(things: readonly T[], number: number): T | undefined =>
  things[number % Math.max(things.length, 1)];

/** Something that happens to one of the tasks, if there is one. */
const toTask = (act: (bench: StoreBench, id: string) => Promise<unknown>) =>
  small.map(
    (number): Happening =>
      async (bench, { ids }) => {
        const id = pick(ids, number);
        if (id) await act(bench, id);
      },
  );

/** Something that the holder of a claim does, or one who was it. */
const byClaim = <T>(
  choices: fc.Arbitrary<T>,
  act: (bench: StoreBench, claim: Claim, choice: T) => Promise<unknown>,
) =>
  fc.tuple(small, choices).map(
    ([number, choice]): Happening =>
      async (bench, { claims }) => {
        const claim = pick(claims.slice(-3), number);
        if (claim) await act(bench, claim, choice);
      },
  );

const create = targets.map(
  (names): Happening =>
    async (bench, { ids }) => {
      const task = aNewTask({ targets: names.map(aTargetOf) });
      ids.push(await bench.tasks.create(task, anAdmission()));
    },
);

const claim = worker.map(
  (who): Happening =>
    async (bench, { claims }) => {
      const work = await bench.queue.claim(who);
      if (work) claims.push(work.claim);
    },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: create },
  { weight: 5, arbitrary: claim },
  { weight: 1, arbitrary: toTask(({ tasks }, id) => tasks.cancel("ada", id)) },
  { weight: 2, arbitrary: toTask(({ tasks }, id) => tasks.retry("ada", id)) },
  { weight: 1, arbitrary: byClaim(fc.constant(0), ({ queue }, held) => queue.heartbeat(held)) },
  {
    weight: 5,
    arbitrary: byClaim(fc.tuple(target, result), ({ tasks }, held, [index, how]) =>
      tasks.saveTarget(held, index, how).catch((error: unknown) => {
        if (!(error instanceof RangeError)) throw error;
      }),
    ),
  },
  { weight: 4, arbitrary: byClaim(outcome, ({ tasks }, held, how) => tasks.finish(held, how)) },
  {
    weight: 2,
    arbitrary: byClaim(fc.tuple(small, fc.boolean()), ({ queue, clock }, held, [delay, counts]) =>
      queue.giveBack(held, { failure, notBeforeMs: clock.nowMs + delay * 1000, counts }),
    ),
  },
  {
    weight: 1,
    arbitrary: worker.map(
      ({ id }): Happening =>
        ({ queue }) =>
          queue.takeOver(id),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1000, QUEUE_LIMITS.leaseMs).map(
      (ms): Happening =>
        async (bench) => {
          bench.clock.nowMs += ms;
          await bench.queue.expireLeases();
        },
    ),
  },
);

/** Which of a task's claims still hold. */
async function holders(bench: StoreBench, claims: readonly Claim[]): Promise<number> {
  const answers = claims.map((held) =>
    bench.tasks.mayPublish(held).then(
      () => true,
      (error: unknown) => error instanceof TaskError && error.code === "cancelled",
    ),
  );
  return (await Promise.all(answers)).filter(Boolean).length;
}

/** What is wrong with a task; nothing in a sound one. */
async function faults(bench: StoreBench, history: History, task: Task): Promise<string[]> {
  const log = await eventsOf(bench, task.id);
  const open = task.attempts.filter(({ endMs }) => endMs === undefined);
  const isRunning = task.status === "RUNNING";
  const held = await holders(
    bench,
    history.claims.filter(({ taskId }) => taskId === task.id),
  );
  const rules: Readonly<Record<string, boolean>> = {
    "events count from 1": log.every(({ sequence }, index) => sequence === index + 1),
    "moves are legal": log.every(
      ({ status }, i) => i === 0 || log[i - 1]?.status === status || isMove(log[i - 1], status),
    ),
    "the log ends in the state": log.at(-1)?.status === task.status,
    "an end has its time": isFinal(task.status) === (task.endMs !== undefined),
    "a failure has its cause": (task.status === "FAILED") === (task.failure !== undefined),
    "runs count from 1": task.attempts.every(({ attempt }, index) => attempt === index + 1),
    "the newest run alone is open": open.length === (isRunning ? 1 : 0),
    "one worker holds what runs": held === (isRunning ? 1 : 0),
    "an end closes every target":
      !isFinal(task.status) ||
      task.targets.every(({ status }) => status !== "PENDING" && status !== "RUNNING"),
    "what was delivered says what": task.targets.every(
      ({ status, output }) => (status === "SUCCESS") === (output !== undefined),
    ),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

const isMove = (from: { readonly status: Task["status"] } | undefined, to: Task["status"]) =>
  from !== undefined && canMove(from.status, to);

/** What holds whatever callers, workers and crashes do in whatever order. */
export function lifeCycleContract(
  name: string,
  make: () => Promise<StoreBench>,
  { describe, test, expect }: Harness,
  histories = 60,
): void {
  describe(name, () => {
    test("keeps every task sound whatever happens in whatever order", async () => {
      const property = fc.asyncProperty(
        fc.array(happening, { minLength: 10, maxLength: 40 }),
        async (happenings) => {
          const bench = await make();
          const history: History = { ids: [], claims: [] };
          for (const happen of happenings) {
            await happen(bench, history).catch((error: unknown) => {
              if (!(error instanceof TaskError) || !EXPECTED.includes(error.code)) throw error;
            });
            const tasks = await Promise.all(history.ids.map((id) => bench.tasks.get("ada", id)));
            for (const task of tasks) expect(await faults(bench, history, task)).toEqual([]);
            const active = tasks
              .filter(({ status }) => !isFinal(status))
              .flatMap((task) => task.targets.filter(({ status }) => status !== "SUCCESS"))
              .map(({ url }) => url);
            expect(active.length).toBe(new Set(active).size);
          }
        },
      );
      await fc.assert(property, { numRuns: histories });
    }, 60_000);
  });
}
