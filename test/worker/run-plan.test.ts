import { expect, test } from "bun:test";
import type { RunRequest } from "../../src/engine/engine.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { NO_DAMAGE } from "../../src/task/damage.ts";
import { runPlan } from "../../src/worker/run-plan.ts";
import { DEAF } from "../fixtures/made-products.ts";

test("runPlan adds up the damage of a step's parts, and takes the worst of its steps", async () => {
  const steps = ["first", "second"].map((name) => ({ args: [name] }) as unknown as Step);
  const begun: Step[] = [];
  const run = async ({ step, onDamage }: RunRequest): Promise<void> => {
    expect(begun.at(-1)).toBe(step);
    for (const count of step === steps[0] ? [2, 3] : [4])
      onDamage?.({ ...NO_DAMAGE, isTold: true, failures: { 0: count } });
  };
  const onStep = (step: Step): void => {
    begun.push(step);
  };
  const place = { ...DEAF, engine: { run }, folder: "work", inputPath: "source.ts", onStep };
  const damage = await runPlan({ steps } as unknown as Plan, place, new AbortController().signal);
  expect(damage).toMatchObject({ isTold: true, failures: { 0: 5 } });
  expect(begun).toEqual(steps);
});
