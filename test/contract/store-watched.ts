import type { WatchedStore } from "../../src/store/store.ts";
import type { WatchedFile } from "../../src/task/watched-file.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aNewTask, aTargetOf, createTask, type StoreBench } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench & { readonly watched: WatchedStore }>;

const DAY_MS = 86_400_000;

const aFile = (changes: Partial<WatchedFile> = {}): WatchedFile => ({
  watch: "ada\n/media/in\nout/{name}.mp4",
  path: "a.mov",
  version: "10-20",
  ...changes,
});

/** What holds for every store of the files of watched folders. */
export function watchedStoreContract(name: string, make: Make, harness: Harness): void {
  const { describe, test, expect } = harness;

  describe(name, () => {
    test("makes one task of a file, and another of another version of it", async () => {
      const { tasks, watched } = await make();
      const id = await tasks.createWatched(aNewTask(), aFile(), 0);
      expect(await watched.taken([aFile(), aFile({ path: "b.mov" })])).toEqual([aFile()]);
      const again = await taskErrorOf(tasks.createWatched(aNewTask(), aFile(), 0));
      expect([again.code, again.message]).toEqual([
        "task_conflict",
        `Cannot create task: the file "a.mov" has its task "${id}"`,
      ]);
      const other = aFile({ version: "11-20" });
      await tasks.createWatched(aNewTask(), other, 0);
      expect(await watched.taken([aFile(), other])).toEqual([aFile(), other]);
      expect((await tasks.list("ada", { limit: 9 })).tasks).toHaveLength(2);
    });

    test("makes one task of a file that many ask for at once", async () => {
      const { tasks } = await make();
      const asked = Array.from({ length: 8 }, () => tasks.createWatched(aNewTask(), aFile(), 0));
      const made = (await Promise.allSettled(asked)).filter(({ status }) => status === "fulfilled");
      expect(made).toHaveLength(1);
      expect((await tasks.list("ada", { limit: 9 })).tasks).toHaveLength(1);
    });

    test("takes a file for free whose task was refused", async () => {
      const bench = await make();
      const { tasks, watched } = bench;
      await createTask(bench, { targets: [aTargetOf("held")] });
      const held = aNewTask({ targets: [aTargetOf("held")] });
      expect((await taskErrorOf(tasks.createWatched(held, aFile(), 0))).code).toBe("task_conflict");
      const full = await taskErrorOf(tasks.createWatched(aNewTask(), aFile(), 1));
      expect(full.code).toBe("too_many_requests");
      expect(await watched.taken([aFile()])).toEqual([]);
    });

    test("tells which files had a target", async () => {
      const { tasks, watched } = await make();
      await tasks.createWatched(aNewTask({ targets: [aTargetOf("x")] }), aFile(), 0);
      const [{ watch, path }] = [aFile()];
      expect(await watched.ofTarget(aTargetOf("x").key)).toEqual([{ watch, path }]);
      expect(await watched.ofTarget(aTargetOf("y").key)).toEqual([]);
    });

    test("forgets a file once it has been gone for 30 days, and none that came back", async () => {
      const { tasks, watched, clock } = await make();
      const files = Array.from({ length: 1_200 }, (_, at) =>
        aFile({ path: `${at % 600}`, version: `${at}` }),
      );
      for (let at = 0; at < files.length; at += 50)
        await Promise.all(
          files.slice(at, at + 50).map((file) => tasks.createWatched(aNewTask(), file, 0)),
        );
      const other = aFile({ watch: "another" });
      await tasks.createWatched(aNewTask(), other, 0);
      const all = new Map(files.map(({ path, version }) => [path, version]));
      const tidy = (there: ReadonlyMap<string, string>, days: number) =>
        watched.tidy(aFile().watch, (path) => there.get(path), clock.nowMs + days * DAY_MS);
      await tidy(new Map(), 0);
      await tidy(all, 20);
      await tidy(new Map(), 29);
      expect(await watched.taken(files)).toHaveLength(1_200);
      // The older versions were gone from the beginning on, the newer ones came back meanwhile.
      await tidy(new Map(), 30);
      expect(await watched.taken(files)).toEqual(files.slice(600));
      await tidy(new Map(), 59);
      expect(await watched.taken([...files, other])).toEqual([other]);
    });
  });
}
