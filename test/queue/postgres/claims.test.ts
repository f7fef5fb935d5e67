import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Debts } from "../../../src/queue/postgres/debts.ts";
import { shareSlots } from "../../../src/queue/postgres/share-slots.ts";
import type { Work } from "../../../src/queue/queue.ts";
import { type FleetNode, FleetServer } from "../../fixtures/fleet-bench.ts";
import { aFailure, aNewTask, anAdmission, aWorker } from "../../fixtures/store-bench.ts";
import { aClient } from "../../fixtures/weighted-clients.ts";

setDefaultTimeout(60_000);

/** Numbers from 0 up to below `end`, the same ones in each run. */
function dice(seed: number) {
  let state = seed;
  return (end: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * end);
  };
}

describe("claims of several tasks", () => {
  const fleet = new FleetServer();
  beforeAll(() => fleet.start());
  afterAll(() => fleet.stop());

  const CLIENTS = ["ada", "bob", "cleo", "dora", "emil"];
  const NEEDS = ["", "libx264", "aac libx264"];
  const needsOf = ({ metadata }: { metadata?: Readonly<Record<string, string>> }) =>
    metadata?.["needs"] ?? "";

  /** A node on a database of its own, with five clients. */
  async function aNode(): Promise<FleetNode> {
    const node = await fleet.node({ needsOf, liveWaitingMax: 3, runningMax: 12 });
    await node.clients.seed(
      CLIENTS.map((code, index) => aClient(code, 1 + (index % 3), index === 4 ? 2 : null)),
    );
    return node;
  }

  const create = (node: FleetNode, number: number, roll: ReturnType<typeof dice>) =>
    node.tasks.create(
      aNewTask({
        clientCode: CLIENTS[roll(CLIENTS.length)] ?? "",
        priority: roll(3),
        metadata: { needs: NEEDS[roll(NEEDS.length)] ?? "", number: String(number) },
        ...(roll(4) === 0 && { isLive: true, sourceUrl: "srt://:9000?mode=listener" }),
      }),
      anAdmission(),
    );

  test("take what as many single claims take, in their order", async () => {
    const [many, single] = [await aNode(), await aNode()];
    const roll = dice(16);
    const running: (readonly [Work, Work])[] = [];
    let made = 0;
    for (let round = 0; round < 12; round += 1) {
      for (let number = 1 + roll(14); number > 0; number -= 1) {
        made += 1;
        const seed = roll(2 ** 20);
        for (const node of [many, single]) await create(node, made, dice(seed));
      }
      const slots = 1 + roll(16);
      const worker = {
        ...aWorker(`w${roll(2)}`),
        ...(roll(2) === 0 && { abilities: ["libx264"] }),
      };
      const together = await many.queue.claimMany(worker, slots);
      const alone: Work[] = [];
      for (let slot = 0; slot < slots; slot += 1) {
        const work = await single.queue.claim(worker);
        if (work) alone.push(work);
      }
      const numbersOf = (works: readonly Work[]) =>
        works.map(({ task }) => task.metadata?.["number"]);
      expect(numbersOf(together)).toEqual(numbersOf(alone));
      for (const [index, work] of together.entries()) {
        const other = alone[index];
        if (other) running.push([work, other]);
      }
      for (const [one, other] of running.splice(0, roll(running.length))) {
        await many.tasks.finish(one.claim, { status: "FAILED", failure: aFailure });
        await single.tasks.finish(other.claim, { status: "FAILED", failure: aFailure });
      }
    }
    expect(made).toBeGreaterThan(60);
    const debts = async ({ database }: FleetNode) =>
      (await database.read(() => database.execute("select * from turns order by client_code")))
        .rows;
    expect(await debts(many)).toEqual(await debts(single));
  });

  test("take all of more clients than are known at a time", async () => {
    const node = await fleet.node();
    const codes = Array.from({ length: 40 }, (_, at) => `client-${at}`);
    for (const clientCode of codes)
      await node.tasks.create(aNewTask({ clientCode }), anAdmission());
    const works = await node.queue.claimMany(aWorker(), 50);
    expect(new Set(works.map(({ task }) => task.clientCode)).size).toBe(40);
  });
});

describe("shareSlots()", () => {
  const head = (clientCode: string, isLive = false) => ({ clientCode, isLive, needs: "" });
  const standing = (clientCode: string, heads: readonly ReturnType<typeof head>[]) => ({
    ...{ clientCode, weight: 1, room: null, heads },
  });

  test("ends where a client's first tasks are all live ones that may not wait, and others may be behind them", () => {
    const lives = [head("ada", true), head("ada", true), head("ada", true)];
    const few = {
      standings: [standing("ada", lives), standing("bob", [head("bob")])],
      ...{ start: 0, liveRoom: 1, debts: new Debts([], 0) },
    };
    const clients = (slots: number) =>
      shareSlots(few, slots).turns.map(({ queue }) => queue.clientCode);
    expect(clients(3)).toEqual(["ada"]);
    // With fewer listed than there may be, those are all.
    expect(clients(4)).toEqual(["ada", "bob"]);
  });
});
