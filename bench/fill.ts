import { openSqlite } from "#sqlite";
import { openDatabase } from "../src/db/database.ts";
import { assignRenditions } from "../src/profile/assign.ts";
import type { Profile } from "../src/profile/profile.ts";
import { systemProfile } from "../src/profile/system-profiles.ts";
import { SqliteTaskStore } from "../src/store/tasks.ts";
import { CREDENTIALS } from "./service.ts";

/** Rows written by one transaction. */
const BATCH = 20_000;
/** Ms since the epoch of the first task of a filled store, and between two of them. */
const FIRST_MS = 1_700_000_000_000;
const STEP_MS = 250;
/** Of the tasks that are left to run, in a store of any size that is large enough. */
const PENDING_MAX = 5_000;

/** The second client of a filled store, who has one task of eight. */
const OTHER_CLIENT = "other";

/** How many of so many tasks are pending: thousands, but never more than a third. */
export const pendingOf = (rows: number): number => Math.min(PENDING_MAX, Math.floor(rows / 3));

/** A column's value for the task number `n`; other columns are as in the task that the store made itself. */
const columnsOf = (rows: number): Readonly<Record<string, string>> => {
  // Pending are the newest, as in life; of the others nine of ten succeeded.
  const isPending = `n > ${rows - pendingOf(rows)}`;
  const ended = (value: string) => `case when ${isPending} then null else ${value} end`;
  const createMs = `${FIRST_MS} + n * ${STEP_MS}`;
  const status = `case when ${isPending} then 'PENDING' when n % 20 = 0 then 'FAILED' when n % 20 = 1 then 'CANCELLED' else 'SUCCESS' end`;
  const id = `printf('%08x-%04x-7%03x-%s-%s', (${createMs}) >> 16, (${createMs}) & 65535, n & 4095,
    'a' || substr(hex(randomblob(2)), 1, 3), hex(randomblob(6)))`;
  return {
    seq: "n",
    id: `lower(${id})`,
    client_code: `case when n % 8 = 7 then '${OTHER_CLIENT}' else client_code end`,
    status,
    priority: `case when n % 10 = 0 then 5 else 0 end`,
    create_ms: createMs,
    start_ms: ended(`${createMs} + 100`),
    end_ms: ended(`${createMs} + 60000`),
    attempt: `case when ${isPending} then 0 else 1 end`,
    engine: ended("'native'"),
    event_sequence: "1",
    failure: `case when not (${isPending}) and n % 20 = 0
      then '{"code":"source_damaged","detail":"Cannot read the source: it is cut off"}' end`,
    attempts: `case when ${isPending} then '[]' else
      printf('[{"attempt":1,"startMs":%d,"engine":"native","endMs":%d}]', ${createMs} + 100, ${createMs} + 60000) end`,
    source_url: "printf('in/%d.mp4', n)",
    targets: `printf('[{"url":"out/%d.mp4","key":"file:/media/out/%d.mp4","status":"%s"}]', n, n, ${status})`,
  };
};

/** Makes a store of so many tasks, each with its first event; the pending ones hold their targets. */
export async function fillStore(path: string, rows: number): Promise<void> {
  await makeFirst(path);
  const connection = openSqlite(path);
  // It is made anew each time: only what is measured afterwards has to be durable.
  connection.execute("PRAGMA synchronous = OFF");
  connection.execute("PRAGMA cache_size = -262144");
  connection.execute("CREATE TEMP TABLE first AS SELECT * FROM tasks");
  for (const table of ["active_targets", "events", "tasks", "nonces"])
    connection.execute(`DELETE FROM ${table}`);
  const own = columnsOf(rows);
  const names = String(
    connection.value("SELECT group_concat(name) FROM pragma_table_info('tasks')"),
  ).split(",");
  const values = names.map((name) => own[name] ?? name).join(",\n");
  for (let first = 1; first <= rows; first += BATCH) {
    const last = Math.min(rows, first + BATCH - 1);
    connection.execute("BEGIN");
    connection.execute(
      `WITH RECURSIVE numbers(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})
      INSERT INTO tasks (${names.join(",")}) SELECT ${values} FROM numbers, first`,
    );
    connection.execute(
      `INSERT INTO events (task_seq, sequence, time_ms, type, status, attempt)
      SELECT seq, 1, create_ms, 'created', 'PENDING', 0 FROM tasks WHERE seq BETWEEN ${first} AND ${last}`,
    );
    connection.execute("COMMIT");
  }
  connection.execute(
    `INSERT INTO active_targets (key, task_seq)
    SELECT json_extract(targets, '$[0].key'), seq FROM tasks WHERE status = 'PENDING'`,
  );
  connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  connection.close();
}

/** What makes the pending tasks of a filled store pending again, and forgets what happened to them; nothing else had moved. */
export const restoringSql = (rows: number): readonly string[] => [
  `UPDATE tasks SET status = 'PENDING', start_ms = null, end_ms = null, attempt = 0, failures = 0, engine = null,
    event_sequence = 1, failure = null, attempts = '[]',
    targets = json_array(json_object('url', json_extract(targets, '$[0].url'), 'key', json_extract(targets, '$[0].key'), 'status', 'PENDING'))
    WHERE seq > ${rows - pendingOf(rows)} AND status <> 'PENDING'`,
  `DELETE FROM events WHERE seq > ${rows}`,
  `INSERT OR IGNORE INTO active_targets (key, task_seq)
    SELECT json_extract(targets, '$[0].key'), seq FROM tasks WHERE seq > ${rows - pendingOf(rows)}`,
];

/** A task as the store makes it: the pattern of all others. */
async function makeFirst(path: string): Promise<void> {
  const database = openDatabase(path);
  const store = new SqliteTaskStore(database, { now: () => FIRST_MS });
  const { client_code: clientCode } = CREDENTIALS;
  await store.create(
    {
      clientCode,
      sourceUrl: "in/0.mp4",
      profileName: "video_mp4_1280x720_1728kbps",
      targets: [{ url: "out/0.mp4", key: "file:/media/out/0.mp4" }],
      assignments: assignRenditions(profile(), [undefined]),
      customProfiles: [],
      priority: 0,
    },
    { nonce: { clientCode, nonce: "1", expiresMs: FIRST_MS } },
  );
  database.close();
}

function profile(): Profile {
  const found = systemProfile("video_mp4_1280x720_1728kbps");
  if (!found) throw new Error("Cannot fill the store: its profile is unknown");
  return found;
}
