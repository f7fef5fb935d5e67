import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { type CorpusFile, NO_CORPUS, openCorpus } from "./corpus.ts";
import { EXCEPTIONS, exceptionOf } from "./exceptions.ts";
import { PROFILE_KEYS, type ProfileKey } from "./profiles.ts";
import { type Outcomes, runFile } from "./runs.ts";
import { differences, truthOf } from "./truth.ts";

/** The least part of all runs that is as the index says, or better. */
const RIGHT_PART_MIN = 0.98;

/**
 * Holds what an engine makes of every real file against what is right: all files, as many at once as there are cores; each test
 * waits for its own. Where there are no files it says so, and nothing fails.
 */
export function corpusSuite(name: string, open: () => Promise<Engine>): void {
  const corpus = openCorpus();
  if (!corpus) {
    test(`real files are not made by ${name} here: ${NO_CORPUS}`, () => {
      expect(openCorpus()).toBeUndefined();
    });
    return;
  }
  const { folder, files } = corpus;
  const runs = new Map<string, PromiseWithResolvers<Outcomes>>(
    files.map(({ file }) => [file, Promise.withResolvers<Outcomes>()]),
  );
  let engine: Engine;
  let version = "";
  const outcomesOf = async ({ file }: CorpusFile): Promise<Outcomes> => {
    const run = await runs.get(file)?.promise;
    if (!run) throw new Error(`nobody runs ${file}`);
    return run;
  };

  beforeAll(async () => {
    engine = await open();
    version = versionOf(engine);
    const queue = [...files];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift())
        await runFile(engine, join(folder, next.file)).then(
          runs.get(next.file)?.resolve,
          runs.get(next.file)?.reject,
        );
    };
    for (let left = availableParallelism(); left > 0; left -= 1) void work();
  });

  afterAll(async () => {
    await engine.close?.();
  });

  describe(`a real file made by ${name}`, () => {
    test.each(runsOf(files))("%s becomes %s as it is", async (_, key, file) => {
      const outcome = (await outcomesOf(file))[key];
      const exception = exceptionOf(file.file, key, version);
      const asIndexed = differences(file, truthOf(file, key), outcome);
      // What fell short and does no more is welcome.
      if (exception?.is === "short" && asIndexed.length === 0) return;
      const found = exception ? differences(file, exception.right, outcome) : asIndexed;
      expect(found).toEqual([]);
    });

    test("is seldom an exception that falls short", () => {
      const all = runsOf(files);
      const short = all.filter(([one, key]) => exceptionOf(one, key, version)?.is === "short");
      expect(short.length / all.length).toBeLessThanOrEqual(1 - RIGHT_PART_MIN);
    });

    test("is better than the index only where it says so", async () => {
      const idle: string[] = [];
      for (const [one, key, file] of runsOf(files)) {
        if (exceptionOf(one, key, version)?.is !== "better") continue;
        const outcome = (await outcomesOf(file))[key];
        if (differences(file, truthOf(file, key), outcome).length === 0) idle.push(`${one} ${key}`);
      }
      expect(idle).toEqual([]);
    });

    test("of every exception is there", () => {
      const names = new Set(files.map(({ file }) => file));
      expect(EXCEPTIONS.filter(({ file }) => !names.has(file))).toEqual([]);
    });
  });
}

const runsOf = (files: readonly CorpusFile[]): [string, ProfileKey, CorpusFile][] =>
  files.flatMap((file) =>
    PROFILE_KEYS.map((key): [string, ProfileKey, CorpusFile] => [file.file, key, file]),
  );

/** As exceptions name it: `7.1`, or `wasm`. */
const versionOf = ({ name, capabilities }: Engine): string =>
  name === "wasm" ? name : (/\d+\.\d+/.exec(capabilities.version)?.[0] ?? "");
