// What dead rows the life of tasks leaves in each table of a fleet, and how long autovacuum lets them lie:
//   bun bench/fleet-dead-rows.ts
import { setTimeout as sleep } from "node:timers/promises";
import { type FleetNode, FleetServer } from "../test/fixtures/fleet-bench.ts";
import { anOutput, createTask } from "../test/fixtures/store-bench.ts";

/** Tasks of one batch after the other, each of which tells so often that it lives, of its progress and of the lines of its encoder. */
const BATCHES = 8;
const TASKS = 200;
const ROUNDS = 5;

/** How the server clears up, which looks each second here, and not each minute: tasks live for seconds, too. */
const SETUPS: Readonly<Record<string, readonly string[]>> = {
  "no autovacuum": ["alter system set autovacuum = off"],
  "its defaults": ["alter system reset autovacuum"],
  "a twentieth, and 2,000 for its cost": [
    "alter system set autovacuum_vacuum_scale_factor = 0.05",
    "alter system set autovacuum_vacuum_cost_limit = 2000",
  ],
};
const TOLD = { phase: "TRANSCODING", outTimeSeconds: 12.48, speed: 2.4, fps: 60.1 } as const;
const WORKER = { id: "worker-1", engine: "native", abilities: [] } as const;

async function live(node: FleetNode, batch: number): Promise<void> {
  const made = Array.from({ length: TASKS }, (_, n) =>
    createTask(node, {
      clientCode: `client-${n % 20}`,
      targets: [{ url: `file:///${batch}/${n}.mp4`, key: `file:/${batch}/${n}.mp4` }],
    } as never),
  );
  await Promise.all(made);
  const claims = (await node.queue.claimMany(WORKER, TASKS)).map(({ claim }) => claim);
  const all = async (call: (claim: (typeof claims)[number]) => Promise<unknown>) =>
    void (await Promise.all(claims.map(call)));
  for (let round = 1; round <= ROUNDS; round += 1) {
    node.clock.nowMs += 2_000;
    await all((claim) => node.tasks.saveProgress(claim, { ...TOLD, percent: round }));
    await all((claim) => node.queue.heartbeat(claim));
    const lines = Array.from({ length: 5 * round }, (_, line) => `frame= ${line} fps=25`);
    await all((claim) => node.tasks.saveLog(claim, { lines, decisions: ["Copies the sound"] }));
  }
  await all((claim) => node.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput }));
  await all((claim) => node.tasks.finish(claim, { status: "SUCCESS" }));
}

const DEAD = `select relname as name, n_dead_tup::int as dead, (n_tup_upd - n_tup_hot_upd)::int as updates,
    n_tup_del::int as deletes, autovacuum_count::int as vacuums, pg_total_relation_size(relid)::int as bytes
  from pg_stat_user_tables where n_tup_upd + n_tup_del > 0 order by pg_total_relation_size(relid) desc`;
type Row = Readonly<Record<"name", string>> &
  Readonly<Record<"dead" | "updates" | "deletes" | "vacuums" | "bytes", number>>;

const fleet = new FleetServer();
await fleet.start();
try {
  const made = BATCHES * TASKS;
  await fleet.server.query("alter system set autovacuum_naptime = '1s'");
  for (const [name, settings] of Object.entries(SETUPS)) {
    for (const setting of settings) await fleet.server.query(setting);
    await fleet.server.query("select pg_reload_conf()");
    const node = await fleet.bench();
    const rows = async () => (await fleet.server.query(DEAD, node.url)) as unknown as Row[];
    const most = new Map<string, number>();
    for (let batch = 0; batch < BATCHES; batch += 1) {
      await live(node, batch);
      // Connections that rest tell what they did after a second; then there is a look.
      await sleep(2_500);
      for (const row of await rows())
        most.set(row.name, Math.max(most.get(row.name) ?? 0, row.dead));
    }
    console.log(`\n${name}, ${made} tasks:\n`);
    console.log(
      "| table | not HOT, a task | deleted, a task | dead at most | vacuums | with indexes |",
    );
    console.log("| --- | --- | --- | --- | --- | --- |");
    for (const { name: table, updates, deletes, vacuums, bytes } of await rows()) {
      const of = (rowCount: number): string => (rowCount / made).toFixed(2);
      const size = `${(bytes / 2 ** 20).toFixed(1)} MB`;
      console.log(
        `| ${table} | ${of(updates)} | ${of(deletes)} | ${most.get(table) ?? 0} | ${vacuums} | ${size} |`,
      );
    }
  }
} finally {
  await fleet.stop();
}
