// How the tables that are updated often grow, and how many updates spare the indexes, by how the table of tasks is set up:
//   bun bench/fleet-updates.ts
import { setTimeout as sleep } from "node:timers/promises";
import { type FleetNode, FleetServer } from "../test/fixtures/fleet-bench.ts";
import { anOutput, createTask } from "../test/fixtures/store-bench.ts";

/** Each batch is created, claimed, and runs until it has been told of so often. */
const BATCHES = 3;
const TASKS = 200;
const ROUNDS = 12;

const LEASES = "create index tasks_leases on tasks (lease_until_ms) where status = 'RUNNING'";
/** What is done to the table of tasks before they come; it has the fillfactor 100 and no index of leases. */
const SETUPS: Readonly<Record<string, readonly string[]>> = {
  "as it is": [],
  "fillfactor 85": ["alter table tasks set (fillfactor = 85)"],
  "fillfactor 70": ["alter table tasks set (fillfactor = 70)"],
  "fillfactor 50": ["alter table tasks set (fillfactor = 50)"],
  "leases indexed": [LEASES],
  "fillfactor 70, leases indexed": ["alter table tasks set (fillfactor = 70)", LEASES],
};

const PROGRESS = {
  phase: "TRANSCODING",
  outTimeSeconds: 12.48,
  speed: 2.4,
  fps: 60.1,
} as const;

/** A life of many tasks, a batch of them at a time. */
async function live(node: FleetNode): Promise<void> {
  const worker = { id: "worker-1", engine: "native", abilities: [] } as const;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const made = Array.from({ length: TASKS }, (_, n) =>
      createTask(node, {
        clientCode: `client-${n % 20}`,
        metadata: { order: "A-17".repeat(100) },
        targets: [{ url: `file:///${batch}/${n}.mp4`, key: `file:/${batch}/${n}.mp4` }],
      } as never),
    );
    await Promise.all(made);
    const claims = (await node.queue.claimMany(worker, TASKS)).map(({ claim }) => claim);
    for (let round = 0; round < ROUNDS; round += 1) {
      node.clock.nowMs += 2_000;
      const percent = (100 * round) / ROUNDS;
      await Promise.all(
        claims.map((claim) => node.tasks.saveProgress(claim, { ...PROGRESS, percent })),
      );
      await Promise.all(claims.map((claim) => node.queue.heartbeat(claim)));
    }
    for (const claim of claims) {
      await node.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await node.tasks.finish(claim, { status: "SUCCESS" });
    }
  }
}

const SIZES = `select n_tup_upd::int as updates, n_tup_hot_upd::int as hot, pg_table_size(relid)::int as bytes,
    pg_indexes_size(relid)::int as indexes from pg_stat_user_tables where relname = 'tasks'`;
const END = `select count(pg_terminate_backend(pid)) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;
const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

const fleet = new FleetServer();
await fleet.start();
try {
  console.log(
    "| | updates | of these HOT | table | indexes | log written |\n| --- | --- | --- | --- | --- | --- |",
  );
  for (const [name, statements] of Object.entries(SETUPS)) {
    const node = await fleet.bench();
    const ask = async (text: string) =>
      (await fleet.server.query(text, node.url))[0] as Record<string, number>;
    for (const statement of statements) await ask(statement);
    const { at: from } = await ask("select pg_current_wal_lsn()::text as at");
    await live(node);
    const { written = 0 } = await ask(
      `select pg_wal_lsn_diff(pg_current_wal_lsn(), '${from}')::int as written`,
    );
    // Connections tell the statistics of what they did at the latest when they end.
    await ask(END);
    await sleep(500);
    const { updates = 0, hot = 0, bytes = 0, indexes = 0 } = await ask(SIZES);
    const part = `${Math.round((100 * hot) / updates)} %`;
    console.log(
      `| ${name} | ${updates} | ${part} | ${mb(bytes)} | ${mb(indexes)} | ${mb(written)} |`,
    );
  }
} finally {
  await fleet.stop();
}
