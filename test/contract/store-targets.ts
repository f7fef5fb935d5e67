import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  aTargetOf,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

/** What holds for the targets of unfinished tasks, as a part of `taskStoreContract`. */
export function holdingTargets(make: Make, { describe, test, expect }: Harness): void {
  describe("a target of an unfinished task", () => {
    test("is refused to another task, with its credentials masked; only the nonce is kept", async () => {
      const bench = await make();
      const target = { url: "ftp://ada:secret@host/a.mp4", key: "ftp:host/a.mp4" };
      await createTask(bench, { targets: [aTargetOf("a"), target] });
      const idempotency = { key: "key-1", bodyDigest: "aa" };
      const admission = anAdmission({ idempotency });
      const task = aNewTask({ clientCode: "bob", targets: [aTargetOf("b"), target] });
      const error = await taskErrorOf(bench.tasks.create(task, admission));
      expect(error.code).toBe("task_conflict");
      // Whose it is, and which task has it, is none of another client's business.
      expect(error.message).toBe(
        'Cannot create task: the target "ftp://***@host/a.mp4" is one of an unfinished task',
      );
      const replayed = await taskErrorOf(bench.tasks.create(task, admission));
      expect(replayed.code).toBe("request_replayed");
      expect((await bench.tasks.list("bob", { limit: 1 })).tasks).toEqual([]);
      const other = aNewTask({ clientCode: "bob", targets: [aTargetOf("b")] });
      await bench.tasks.create(
        other,
        anAdmission({ idempotency: { key: "key-1", bodyDigest: "bb" } }),
      );
    });

    test("is refused to the task itself a second time", async () => {
      const bench = await make();
      const targets = [aTargetOf("a"), aTargetOf("a")];
      expect((await taskErrorOf(createTask(bench, { targets }))).code).toBe("task_conflict");
    });

    test("is refused where the segments of a set will lie, and the other way round", async () => {
      const bench = await make();
      const file = { url: "z", key: "file:/media/z" };
      const set = { url: "z.m3u8", key: "file:/media/z.m3u8", folderKey: "file:/media/z" };
      for (const [first, second] of [
        [file, set],
        [set, file],
      ] as const) {
        const id = await createTask(bench, { targets: [first] });
        const refused = await taskErrorOf(createTask(bench, { targets: [second] }));
        expect(refused.code).toBe("task_conflict");
        expect(refused.message).toMatch(new RegExp(`is one of your unfinished task "${id}"$`));
        const [target] = (await bench.tasks.get("ada", id)).targets;
        expect(target).toEqual({ url: first.url, status: "PENDING" });
        await bench.tasks.cancel("ada", id);
      }
    });

    test("is free when the task has ended", async () => {
      const bench = await make();
      const targets = [{ ...aTargetOf("a"), folderKey: "file:/media/a" }];
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      await bench.tasks.cancel("ada", await createTask(bench, { targets }));
      await createTask(bench, { targets });
    });
  });
}
