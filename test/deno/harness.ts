import { after, describe, test as nodeTest } from "node:test";
import { format } from "node:util";
import { expect } from "expect";
import { removeTempFolders } from "../fixtures/clips.ts";

/** What the contract suites are written for. */
type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** Real programs on a busy machine take their time. */
const TIMEOUT_MS = 60_000;

type Run = (...values: unknown[]) => void | Promise<void>;

const count = { passed: 0, failed: 0 };

const test = (name: string, run: Run): void => {
  nodeTest(name, { timeout: TIMEOUT_MS }, async () => {
    count.failed += 1;
    await run();
    count.failed -= 1;
    count.passed += 1;
  });
};

const each =
  (define: (name: string, run: () => void | Promise<void>) => void) =>
  (cases: readonly unknown[]) =>
  (name: string, run: Run) => {
    for (const values of cases) {
      const list: readonly unknown[] = Array.isArray(values) ? values : [values];
      const shown = list.slice(0, name.split("%").length - 1);
      define(format(name.replaceAll("%p", "%j"), ...shown), () => run(...list));
    }
  };

const group = (name: string, define: () => void | Promise<void>): void =>
  void describe(name, () => void define());

after(() => {
  removeTempFolders();
  // For scripts/verify.ts: Deno's own count takes groups for cases.
  console.log(`cases: ${count.passed} passed, ${count.failed} failed`);
});

/** Runs the contract suites under Deno: by `node:test`, with the `expect` of Jest, whose shape Bun's has. */
export const harness = {
  describe: Object.assign(group, { each: each(group) }),
  test: Object.assign(test, { each: each(test) }),
  expect,
} as unknown as Harness;
