import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { Database } from "../../src/db/database.ts";
import { range, simulateAll } from "./ranges.ts";
import { simulate } from "./simulate.ts";
import { Broken, openStages, type Service } from "./world.ts";

setDefaultTimeout(10 * 60_000);

/** So many find every fault that is put in below, many times over. */
const ENOUGH = 500;

describe("simulate", () => {
  test("does the same again for the same seed", async () => {
    const stages = await openStages();
    const of = async (seed: number) => {
      const trace = await simulate(stages, seed);
      const ids: string[] = [];
      return trace.map((line) =>
        line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
          if (!ids.includes(id)) ids.push(id);
          return String(ids.indexOf(id));
        }),
      );
    };
    expect(await of(17)).toEqual(await of(17));
    expect(await of(17)).not.toEqual(await of(18));
  });

  test("makes everything happen that it is for", async () => {
    const stages = await openStages();
    const seen = new Set<string>();
    for (const seed of range(0, ENOUGH))
      for (const line of await simulate(stages, seed))
        seen.add(
          line.replaceAll(/\d+ |(of )?[0-9a-f]{8}-[0-9a-f-]{27}( \(\d+\))?|\S+-\d+(-\d)?/g, ""),
        );
    const lines = [...seen].join("\n");
    for (const what of [
      ...["fetch", "publish", "record", "end"].map((stage) => `does ${stage} .*: lease_lost`),
      ...["publish .*: cancelled", "creates.*: task_conflict", "creates.*: service_unavailable"],
      ...["renews .*: lost", "renews .*: cancel_requested", "retries.*: done", "is killed"],
      ...["deletes.*: done", "deletes.*: task_conflict", "nothing is left", "a month has passed"],
      ...["gives up .*: lease_lost", "gives up .*: service_unavailable", "the clock has jumped"],
    ])
      expect(lines).toMatch(new RegExp(what));
  });

  type Spoil = (service: Service, database: Database) => Service;
  const faults: Readonly<Record<string, Spoil>> = {
    "lets any attempt publish": ({ tasks, queue }) => ({
      queue,
      tasks: but(tasks, { mayPublish: async () => {} }),
    }),
    "forgets how a task ended": ({ tasks, queue }) => ({
      queue,
      tasks: but(tasks, { finish: async () => {} }),
    }),
    "says of tasks that they were made before they are": ({ tasks, queue }) => ({
      queue,
      tasks: but(tasks, {
        create: async (...given) => tasks.create(...given).catch(() => crypto.randomUUID()),
      }),
    }),
    "renews a lease that is lost": ({ tasks, queue }) => ({
      tasks,
      queue: but(queue, { heartbeat: async () => "held" }),
    }),
    "gives a task to two workers": ({ tasks, queue }) => ({
      tasks,
      queue: but(queue, { claim: givenTwice(queue) }),
    }),
    "gives one client every slot": ({ tasks, queue }, { orm, write }) => ({
      tasks,
      queue: but(queue, {
        claim: async (worker) => {
          const favour = sql`insert into turns values ('ada', 9), ('bob', 9), ('cyd', 1)`;
          const forgive = sql`delete from turns`;
          await write(() => [forgive, favour].map((each) => orm.run(each)));
          return queue.claim(worker);
        },
      }),
    }),
    "deletes tasks that have not ended": ({ tasks, queue }, { orm, write }) => ({
      queue,
      tasks: but(tasks, {
        remove: async (_, id) =>
          void (await write(() =>
            orm.run(sql`update tasks set client_code = '' where id = ${id}`),
          )),
      }),
    }),
    "purges what is to be kept": ({ tasks, queue }, { orm, write }) => ({
      queue,
      tasks: but(tasks, {
        purge: () =>
          write(() => {
            const ended = sql`select seq from tasks where end_ms is not null`;
            orm.run(sql`delete from events where task_seq in (${ended})`);
            orm.run(sql`delete from tasks where end_ms is not null`);
            return 0;
          }),
      }),
    }),
  };
  test.each(Object.entries(faults))("finds a store that %s", async (_, spoil) => {
    const stages = await openStages();
    const [first, second] = stages.services;
    const spoiled = {
      ...stages,
      services: [spoil(first, stages.database), spoil(second, stages.database)] as const,
    };
    const error = await simulateAll(spoiled, range(0, 20 * ENOUGH)).catch(
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(Broken);
    expect(error?.message).toMatch(/^seed \d+: /);
  });
});

/** A port of which some calls are others. */
const but = <Port extends object>(port: Port, calls: Partial<Port>): Port =>
  new Proxy(port, {
    get: (_, name) => {
      const call = Reflect.get(name in calls ? calls : port, name);
      return typeof call === "function" ? call.bind(port) : call;
    },
  });

/** Gives each claim out a second time. */
function givenTwice(queue: Service["queue"]): Service["queue"]["claim"] {
  let last: Awaited<ReturnType<typeof queue.claim>>;
  return async (worker) => {
    const again = last;
    last = again ? undefined : await queue.claim(worker);
    return again ?? last;
  };
}
