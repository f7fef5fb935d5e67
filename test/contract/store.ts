import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  aTargetOf,
  createTask,
  eventsOf,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";
import { readingEvents } from "./store-events.ts";
import { limitingPending } from "./store-limits.ts";
import { livingTasks } from "./store-live.ts";
import { keepingLogs } from "./store-logs.ts";
import { removingTasks } from "./store-removal.ts";
import { holdingTargets } from "./store-targets.ts";
import { warningOf } from "./store-warnings.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** What holds for every task store: how tasks come in and are read. `store-life.ts` has what becomes of them. */
export function taskStoreContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    creating(make, harness);
    limitingPending(make, harness);
    removingTasks(make, harness);
    repeating(make, harness);
    holdingTargets(make, harness);
    readingEvents(make, harness);
    livingTasks(make, harness);
    warningOf(make, harness);
    keepingLogs(make, harness);
    listing(make, harness);
  });
}

function creating(make: Make, { describe, test, expect }: Harness): void {
  describe("create() and get()", () => {
    test("give back what the caller gave", async () => {
      const bench = await make();
      const given = {
        profileName: "mine",
        priority: -3,
        timeoutSeconds: 60,
        metadata: { show: "42" },
        clip: { startSeconds: 1.5 },
        extras: { sources: [{ url: "a.mp4", clip: { startSeconds: 2 } }, { url: "b.mp4" }] },
        origin: { requestId: "r-1", traceParent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
        targets: [{ ...aTargetOf("a"), profileName: "own" }, aTargetOf("b")],
      };
      const id = await createTask(bench, given);
      expect(await bench.tasks.get("ada", id)).toEqual({
        ...given,
        id,
        clientCode: "ada",
        sourceUrl: "file:///media/in.mp4",
        targets: [
          { url: "file:///media/a.mp4", profileName: "own", status: "PENDING" },
          { url: "file:///media/b.mp4", status: "PENDING" },
        ],
        status: "PENDING",
        createMs: bench.clock.nowMs,
        cancelRequested: false,
        attempt: 0,
        attempts: [],
      });
      expect(await eventsOf(bench, id)).toEqual([
        {
          taskId: id,
          sequence: 1,
          timeMs: bench.clock.nowMs,
          type: "created",
          status: "PENDING",
          attempt: 0,
        },
      ]);
    });

    test("give ids that grow, also for tasks created together", async () => {
      const bench = await make();
      const ids = await Promise.all(Array.from({ length: 300 }, () => createTask(bench)));
      expect(new Set(ids).size).toBe(300);
      expect([...ids].sort()).toEqual(ids);
      await Promise.all(ids.map((id) => bench.tasks.get("ada", id)));
    });

    test.each(["3125", "", "' or 1=1 --", "0197ae6e-0000-7000-8000-000000000000"])(
      "know no task %p",
      async (id) => {
        const bench = await make();
        expect((await taskErrorOf(bench.tasks.get("ada", id))).code).toBe("no_such_task");
      },
    );

    test("hide another client's task", async () => {
      const bench = await make();
      const id = await createTask(bench);
      const calls = [
        () => bench.tasks.get("bob", id),
        () => bench.tasks.cancel("bob", id),
        () => bench.tasks.retry("bob", id),
      ];
      for (const call of calls) expect((await taskErrorOf(call())).code).toBe("no_such_task");
    });
  });
}

function repeating(make: Make, { describe, test, expect }: Harness): void {
  const idempotency = { key: "key-1", bodyDigest: "aa" };

  describe("create() again", () => {
    test("with the same nonce is refused and creates nothing", async () => {
      const bench = await make();
      const admission = anAdmission();
      await bench.tasks.create(aNewTask(), admission);
      const error = await taskErrorOf(bench.tasks.create(aNewTask(), admission));
      expect(error.code).toBe("request_replayed");
      expect((await bench.tasks.list("ada", { limit: 10 })).tasks).toHaveLength(1);
    });

    test("with the nonce of another call, or of another client, tells them apart", async () => {
      const bench = await make();
      const admission = anAdmission();
      await bench.clients.useNonce(admission.nonce);
      const error = await taskErrorOf(bench.tasks.create(aNewTask(), admission));
      expect(error.code).toBe("request_replayed");
      const nonce = { ...admission.nonce, clientCode: "bob" };
      await bench.tasks.create(aNewTask({ clientCode: "bob" }), { nonce });
      expect((await taskErrorOf(bench.clients.useNonce(nonce))).code).toBe("request_replayed");
    });

    test("with the same key and body gives the first task for 24 h", async () => {
      const bench = await make();
      const create = () => bench.tasks.create(aNewTask(), anAdmission({ idempotency }));
      const first = await create();
      bench.clock.nowMs += DAY_MS - 1;
      expect(await create()).toBe(first);
      bench.clock.nowMs += 1;
      const second = await create();
      expect(second).not.toBe(first);
      expect(await create()).toBe(second);
    });

    test("is foreseen by findByIdempotency(), for 24 h, whatever became of the task", async () => {
      const bench = await make();
      const find = (clientCode: string) => bench.tasks.findByIdempotency(clientCode, idempotency);
      expect(await find("ada")).toBeUndefined();
      const first = await bench.tasks.create(aNewTask(), anAdmission({ idempotency }));
      await bench.tasks.cancel("ada", first);
      bench.clock.nowMs += DAY_MS - 1;
      expect(await find("ada")).toBe(first);
      expect(await find("bob")).toBeUndefined();
      const other = bench.tasks.findByIdempotency("ada", { ...idempotency, bodyDigest: "bb" });
      expect((await taskErrorOf(other)).code).toBe("idempotency_conflict");
      bench.clock.nowMs += 1;
      expect(await find("ada")).toBeUndefined();
    });

    test("with the same key from another client is another task", async () => {
      const bench = await make();
      const first = await bench.tasks.create(aNewTask(), anAdmission({ idempotency }));
      const task = aNewTask({ clientCode: "bob" });
      expect(await bench.tasks.create(task, anAdmission({ idempotency }))).not.toBe(first);
    });

    test("with the same key and another body is refused, and its nonce is used", async () => {
      const bench = await make();
      await bench.tasks.create(aNewTask(), anAdmission({ idempotency }));
      const admission = anAdmission({ idempotency: { ...idempotency, bodyDigest: "bb" } });
      const refused = await taskErrorOf(bench.tasks.create(aNewTask(), admission));
      expect(refused.code).toBe("idempotency_conflict");
      const replayed = await taskErrorOf(bench.tasks.create(aNewTask(), admission));
      expect(replayed.code).toBe("request_replayed");
    });
  });

  describe("ended()", () => {
    test("tells tasks that have ended from those that wait, run, or are not there", async () => {
      const bench = await make();
      const { claim: running } = await startTask(bench);
      const { claim: done } = await startTask(bench);
      await bench.tasks.finish(done, { status: "FAILED", failure: aFailure });
      const waiting = await createTask(bench);
      const cancelled = await createTask(bench, { clientCode: "bob" });
      await bench.tasks.cancel("bob", cancelled);
      const ids = [running.taskId, done.taskId, waiting, "no-such-task", cancelled];
      expect(await bench.tasks.ended(ids)).toEqual([done.taskId, cancelled]);
      await bench.tasks.retry("bob", cancelled);
      expect(await bench.tasks.ended([cancelled])).toEqual([]);
    });
  });

  describe("purge()", () => {
    test("forgets what has expired, however much, and nothing else", async () => {
      const bench = await make();
      const nonceOf = (index: number, expiresMs: number) =>
        anAdmission({ nonce: { clientCode: "ada", nonce: `p${index}`, expiresMs } }).nonce;
      const { nowMs } = bench.clock;
      const nonces = Array.from({ length: 2500 }, (_, i) => nonceOf(i, nowMs + (i < 2100 ? 0 : 1)));
      await Promise.all(nonces.map((nonce) => bench.clients.useNonce(nonce)));
      await bench.tasks.create(aNewTask(), anAdmission({ idempotency }));
      expect(await bench.tasks.purge()).toBe(2100);
      await bench.clients.useNonce(nonceOf(0, nowMs));
      const kept = await taskErrorOf(bench.clients.useNonce(nonceOf(2100, nowMs)));
      expect(kept.code).toBe("request_replayed");
      bench.clock.nowMs += DAY_MS;
      expect(await bench.tasks.purge()).toBe(402);
    });
  });
}

function listing(make: Make, { describe, test, expect }: Harness): void {
  /** Five tasks of ada, a second apart, oldest first; the first is CANCELLED, the profiles alternate. */
  async function five(bench: StoreBench): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const profileName of ["p", "q", "p", "q", "p"]) {
      ids.push(await createTask(bench, { profileName }));
      await createTask(bench, { profileName, clientCode: "bob" });
      bench.clock.nowMs += 1000;
    }
    await bench.tasks.cancel("ada", ids[0] ?? "");
    return ids;
  }

  describe("list()", () => {
    test.each([
      ["everything, newest first", {}, [4, 3, 2, 1, 0]],
      ["one state", { status: "PENDING" }, [4, 3, 2, 1]],
      ["one profile", { profileName: "p" }, [4, 2, 0]],
      ["one profile and state", { profileName: "p", status: "CANCELLED" }, [0]],
      ["nothing where nothing fits", { profileName: "q", status: "SUCCESS" }, []],
    ] as const)("gives %s", async (_, filter, expected) => {
      const bench = await make();
      const ids = await five(bench);
      const page = await bench.tasks.list("ada", { ...filter, limit: 100 });
      expect(page.tasks.map(({ id }) => ids.indexOf(id))).toEqual([...expected]);
      expect(page.nextCursor).toBeUndefined();
    });

    test("leaves out what was created at the given time or before", async () => {
      const bench = await make();
      const createdAfterMs = bench.clock.nowMs + 2000;
      const ids = await five(bench);
      for (const filter of [{}, { status: "PENDING" }] as const) {
        const page = await bench.tasks.list("ada", { ...filter, createdAfterMs, limit: 100 });
        expect(page.tasks.map(({ id }) => ids.indexOf(id))).toEqual([4, 3]);
      }
    });

    test("gives every task once over its pages, also those of one millisecond, of all states", async () => {
      const bench = await make();
      const ids = await Promise.all(Array.from({ length: 7 }, () => createTask(bench)));
      for (const id of [ids[1], ids[2], ids[5]]) await bench.tasks.cancel("ada", id ?? "");
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bench.tasks.list("ada", { limit: 2, ...(cursor && { cursor }) });
        expect(page.tasks.length).toBe(seen.length === 6 ? 1 : 2);
        seen.push(...page.tasks.map(({ id }) => id));
        await createTask(bench);
        cursor = page.nextCursor;
      } while (cursor);
      expect(seen).toEqual([...ids].reverse());
    });

    test.each(["", "42", "0197ae6e-0000-7000-8000-000000000000"])(
      "refuses the cursor %p",
      async (cursor) => {
        const bench = await make();
        const error = await taskErrorOf(bench.tasks.list("ada", { limit: 2, cursor }));
        expect(error.code).toBe("invalid_parameter");
        expect(error.fields[0]?.path).toBe("cursor");
      },
    );

    test("refuses the cursor of another client", async () => {
      const bench = await make();
      const cursor = await createTask(bench);
      const error = await taskErrorOf(bench.tasks.list("bob", { limit: 2, cursor }));
      expect(error.code).toBe("invalid_parameter");
    });
  });
}
