import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { CALLS, countQueries, FleetCalls } from "../../../bench/simulation/calls.ts";
import measured from "../../../bench/simulation/measured.json" with { type: "json" };
import { FleetServer } from "../../fixtures/fleet-bench.ts";

setDefaultTimeout(60_000);

const server = new FleetServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

test("what the simulation says of each call's statements is what it asks of PostgreSQL (if not: bun bench/simulation/measure.ts)", async () => {
  const counter = countQueries();
  const calls = await FleetCalls.open(await server.database());
  try {
    for (const name of CALLS) {
      if (name === "create") await calls.fill(60);
      // The first of a kind may ask for more: it makes what the others find.
      await (await calls.prepare(name))();
      const call = await calls.prepare(name);
      await calls.settle();
      const { statements, commits } = { ...counter.counts };
      await call();
      const asked = {
        statements: counter.counts.statements - statements,
        commits: counter.counts.commits - commits,
      };
      const told = measured.calls[name];
      expect({ name, ...asked }).toEqual({
        name,
        statements: Math.round(told.statements),
        commits: Math.round(told.commits),
      });
    }
  } finally {
    counter.stop();
    await calls.close();
  }
});
