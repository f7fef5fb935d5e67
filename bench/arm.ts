import { join } from "node:path";
import { type Database, openDatabase } from "../src/db/database.ts";
import { NativeEngine } from "../src/engine/native/native.ts";
import { SqliteEventFeed } from "../src/events/sqlite.ts";
import { createHttpApp, type HttpPorts } from "../src/http/http.ts";
import { SqliteQueue } from "../src/queue/sqlite.ts";
import { bunRuntime } from "../src/runtime/bun.ts";
import { FileStorage } from "../src/storage/file/file.ts";
import { SqliteClientStore } from "../src/store/clients.ts";
import { SqliteNotificationStore } from "../src/store/notifications/notifications.ts";
import { SqliteProfileStore } from "../src/store/profiles.ts";
import type { ClientStore } from "../src/store/store.ts";
import { TaskIds } from "../src/store/task-id.ts";
import { SqliteTaskStore } from "../src/store/tasks.ts";
import { openBullmq } from "./bullmq.ts";
import { CREDENTIALS } from "./service.ts";

// A server of its own process: the service's HTTP edge and its checks, over another way to keep what comes in.
// arm.ts no-store|own-commits|bullmq DATA MEDIA [REDIS-SOCKET]

/** What differs between the arms. */
type Keeping = {
  readonly create: HttpPorts["tasks"]["create"];
  readonly useNonce: ClientStore["useNonce"];
};

const now = (): number => Date.now();

/** Each unit of writes waits for the commit of the one before it. */
function committingEach(database: Database): Database {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...database,
    write: (statements) => {
      const written = last.then(() => database.write(statements));
      last = written.catch(() => {});
      return written;
    },
  };
}

function keepNothing(): Keeping {
  const ids = new TaskIds();
  return { create: async () => ids.next(now()), useNonce: async () => {} };
}

function keepInSqlite(database: Database): Keeping {
  const tasks = new SqliteTaskStore(database, { now });
  const clients = new SqliteClientStore(database);
  return {
    create: (task, admission) => tasks.create(task, admission),
    useNonce: (nonce) => clients.useNonce(nonce),
  };
}

function keepingOf(kind: string, database: Database, socket: string): Keeping {
  if (kind === "no-store") return keepNothing();
  if (kind === "own-commits") return keepInSqlite(committingEach(database));
  if (kind === "bullmq") return openBullmq(socket);
  throw new Error(`Cannot serve "${kind}": there is no such arm`);
}

const [kind = "", data = "", media = "", socket = ""] = process.argv.slice(2);
const database = openDatabase(join(data, "pontus.db"));
const clients = new SqliteClientStore(database);
const { client_code: clientCode, public_key: publicKey, private_key: privateKey } = CREDENTIALS;
await clients.seed([
  {
    clientCode,
    publicKey,
    privateKey,
    strongOnly: false,
    disabled: false,
    admin: false,
    weight: 1,
    pendingMax: 0,
    runningMax: 0,
    requestsPerSecond: 0,
    second: null,
    notification: null,
    webhookSecrets: null,
    reach: null,
  },
]);
const { capabilities } = await NativeEngine.open({
  ffmpeg: "ffmpeg",
  ffprobe: "ffprobe",
  maxPixels: 36_000_000,
  stallTimeoutMs: 60_000,
  graceMs: 1_000,
  probeTimeoutMs: 60_000,
  threads: 2,
});
const store = new SqliteTaskStore(database, { now });
const keeping = keepingOf(kind, database, socket);
const app = createHttpApp({
  refuseWhileClosed: () => {},
  plansMax: 0,
  planTimeoutMs: 1_000,
  planner: () => Promise.reject(new Error("no plan is asked for")),
  tasks: {
    create: keeping.create,
    findByIdempotency: (client, idempotency) => store.findByIdempotency(client, idempotency),
    get: (client, id) => store.get(client, id),
    logs: (client, id) => store.logs(client, id),
    list: (client, query) => store.list(client, query),
    cancel: (client, id) => store.cancel(client, id),
    retry: (client, id) => store.retry(client, id),
    remove: (client, id) => store.remove(client, id),
  },
  clients: {
    byPublicKey: (key) => clients.byPublicKey(key),
    checkNonce: (nonce) => clients.checkNonce(nonce),
    useNonce: keeping.useNonce,
  },
  mediaKeys: clients.mediaKeys,
  notifications: new SqliteNotificationStore(database, { now }),
  profiles: new SqliteProfileStore(database, { now }),
  events: new SqliteEventFeed(database, { now }),
  streamsMax: 1000,
  clientStreamsMax: 1000,
  queue: new SqliteQueue(database, { now, leaseMs: 60_000, attemptsMax: 3 }),
  judgesWithin: () => [],
  storages: [await FileStorage.open({ roots: [media], closed: [data] })],
  capabilities: async () => capabilities,
  now,
  clockSkewMs: 300_000,
  bodyBytesMax: 1_048_576,
  bodiesBytesMax: 67_108_864,
  requestsPerSecond: 500,
  targetsMax: 32,
  pendingMax: 0,
  defaultProfile: "video_mp4_1280x720_1728kbps",
  readiness: async () => ({ ready: true, checks: {} }),
  version: "0.0.0",
});
const server = await bunRuntime.serve({
  host: "127.0.0.1",
  port: 0,
  fetch: app.fetch,
  idleTimeoutSeconds: 30,
  bodyBytesMax: 2 * 1_048_576,
  connectionsMax: 2048,
});
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.port}` }));
process.once("SIGTERM", async () => {
  await server.stop(0);
  database.close();
  process.exit(0);
});
