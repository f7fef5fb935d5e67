import { describe, expect, test } from "bun:test";
import { Intake, type Standings } from "../../src/service/intake.ts";

function anIntake() {
  const parts: { standings: Standings } = { standings: {} };
  const changes: (string | undefined)[] = [];
  const intake = new Intake(
    async () => parts.standings,
    (why) => changes.push(why),
  );
  return { parts, changes, intake };
}

const GOOD = { ok: true, detail: "good" };
const FULL = { ok: false, detail: "nothing is free" };

describe("Intake", () => {
  test("is open until a part is found to stand badly, and again after that", async () => {
    const { parts, changes, intake } = anIntake();
    expect(intake.isOpen()).toBe(true);
    parts.standings = { disk: GOOD };
    await intake.look();
    expect(intake.refuseWhileClosed).not.toThrow();
    parts.standings = { database: GOOD, disk: FULL };
    // Nothing is looked at for a create.
    expect(intake.isOpen()).toBe(true);
    expect(await intake.look()).toEqual(parts.standings);
    expect(intake.isOpen()).toBe(false);
    expect(intake.refuseWhileClosed).toThrow("Cannot take a task: nothing is free");
    await intake.look();
    parts.standings = { disk: GOOD };
    await intake.look();
    expect(intake.isOpen()).toBe(true);
    // Each change once.
    expect(changes).toEqual(["nothing is free", undefined]);
  });
});
