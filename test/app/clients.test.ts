import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openClients } from "../../src/app/clients.ts";
import { ConfigError } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { openDatabase } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { MIGRATIONS } from "../../src/db/migrations.gen.ts";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const KEY = "0123456789abcdef".repeat(4);
const SECRET = "kept-in-clear-by-an-older-build";
const FORMER = "kept-in-clear-and-replaced-since";

/** A config over a data folder, as a service has it. */
const configOf = (data: string, env: Readonly<Record<string, string>> = {}) =>
  parseConfig({ PONTUS_DATA_DIR: data, ...env }, { cores: 1 }).config;

/** Opens the clients of a data folder, as a start does, and closes the database again. */
async function opened<T>(
  data: string,
  env: Readonly<Record<string, string>>,
  look: (clients: Awaited<ReturnType<typeof openClients>>) => Promise<T>,
): Promise<T> {
  const config = configOf(data, env);
  const database = openDatabase(config.databasePath);
  try {
    return await look(await openClients(config, database));
  } finally {
    database.close();
  }
}

/** Why a start is refused. */
const refusal = (data: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
  opened(data, env, async () => "started").catch((error: unknown) =>
    error instanceof ConfigError ? error.message : Promise.reject(error),
  );

/** A data folder with the database of a build that stored private keys as they are. */
function anOldDatabase(): string {
  const data = tempFolder();
  const connection = openSqlite(join(data, "pontus.db"));
  connection.execute("PRAGMA journal_mode = WAL");
  const before = MIGRATIONS.findIndex(({ name }) => name.endsWith("client-keys-and-reach"));
  migrate(connection, MIGRATIONS.slice(0, before));
  const insert = (code: string, key: string) =>
    connection.execute(
      `INSERT INTO clients (client_code, public_key, private_key, strong_only, disabled) VALUES ('${code}', 'pk-${code}', '${key}', 0, 0)`,
    );
  for (let at = 0; at < 20; at++) insert(`former-${at}`, FORMER);
  insert("ada", SECRET);
  insert("bob", `${SECRET}-of-bob`);
  // Each start of such a build replaced the clients.
  connection.execute("DELETE FROM clients WHERE client_code LIKE 'former%'");
  connection.close();
  return data;
}

/** Which files of a folder hold a text. */
const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(folder, entry.name)).includes(text))
    .map(({ name }) => name);

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("openClients", () => {
  test("encrypts what an older build stored in clear, and nothing of that stays in the files", async () => {
    const data = anOldDatabase();
    expect(filesWith(data, SECRET)).toEqual(["pontus.db"]);
    expect(filesWith(data, FORMER)).toEqual(["pontus.db"]);
    const found = await opened(data, { PONTUS_SECRET_KEY: KEY }, async (clients) => {
      const [ada, bob] = [await clients.byPublicKey("pk-ada"), await clients.byPublicKey("pk-bob")];
      // Before the database closes, which empties its log.
      expect([filesWith(data, SECRET), filesWith(data, FORMER)]).toEqual([[], []]);
      return [ada?.privateKey, bob?.privateKey];
    });
    expect(found).toEqual([SECRET, `${SECRET}-of-bob`]);
    expect(readdirSync(data)).not.toContain("secret.key");
  });

  test("encrypts the secrets of notifications, too", async () => {
    const data = anOldDatabase();
    const secret = `whsec_${Buffer.alloc(24, 5).toString("base64")}`;
    const keys = { client_code: "eve", public_key: "pk-eve", private_key: "of eve" };
    const PONTUS_CLIENTS = JSON.stringify([{ ...keys, webhook_secrets: [secret] }]);
    await opened(data, { PONTUS_SECRET_KEY: KEY, PONTUS_CLIENTS }, async (clients) => {
      expect((await clients.byCode("eve"))?.webhookSecrets).toEqual([secret]);
      expect(filesWith(data, secret)).toEqual([]);
    });
    expect(filesWith(data, secret)).toEqual([]);
  });

  test("makes a key at the first start, and decrypts with it at the next", async () => {
    const data = anOldDatabase();
    await opened(data, {}, async () => {});
    expect(modeOf(join(data, "secret.key"))).toBe("600");
    const key = readFileSync(join(data, "secret.key"), "utf8");
    const secret = await opened(data, {}, async (clients) => clients.byPublicKey("pk-ada"));
    expect(secret?.privateKey).toBe(SECRET);
    expect(readFileSync(join(data, "secret.key"), "utf8")).toBe(key);
  });

  test("says which key is missing, wrong or damaged, and what to do", async () => {
    const data = anOldDatabase();
    await opened(data, {}, async () => {});
    const path = join(data, "secret.key");
    const wayOut =
      "if it is lost, delete all rows of the table clients, and the next start writes them anew from PONTUS_CLIENTS or credentials.json";
    expect(await refusal(data, { PONTUS_SECRET_KEY: KEY })).toBe(
      `Cannot decrypt the private keys of clients: PONTUS_SECRET_KEY is not the key that they were encrypted with; put that one back; ${wayOut}`,
    );
    const key = readFileSync(path, "utf8");
    writeFileSync(path, `${KEY}\n`);
    expect(await refusal(data)).toContain(`${JSON.stringify(path)} is not the key that they were`);
    writeFileSync(path, "half a k");
    expect(await refusal(data)).toContain(`Cannot use ${JSON.stringify(path)}: it does not hold`);
    rmSync(path);
    expect(await refusal(data)).toContain("PONTUS_SECRET_KEY is not set, and");
    expect(readdirSync(data)).not.toContain("secret.key");
    expect(await refusal(data, { PONTUS_SECRET_KEY: key.trim() })).toBe("started");
  });

  test("takes the way out that the message names", async () => {
    const data = anOldDatabase();
    await opened(data, {}, async () => {});
    const connection = openSqlite(join(data, "pontus.db"));
    connection.execute("DELETE FROM clients");
    connection.close();
    const clients = JSON.stringify([
      { client_code: "ada", public_key: "pk-ada", private_key: "new" },
    ]);
    const env = { PONTUS_SECRET_KEY: KEY, PONTUS_CLIENTS: clients };
    const ada = await opened(data, env, async (store) => store.byPublicKey("pk-ada"));
    expect(ada?.privateKey).toBe("new");
  });
});

describe("startService", () => {
  test("keeps its own files to their owner, and delivers for everybody as before", async () => {
    const home = newHome();
    mkdirSync(home.data);
    writeFileSync(join(home.data, "pontus.db"), "", { mode: 0o644 });
    chmodSync(home.data, 0o755);
    writeFileSync(join(home.media, "in.mp4"), readFileSync(await clip()));
    const own = process.umask(0o022);
    const service = await startService(home).finally(() => process.umask(own));
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_160x120_200kbps",
      targets: [{ target_url: "new/out.mp4" }],
    });
    await service.until(id, (task) => task.task_status === "SUCCESS");
    expect(modeOf(home.data)).toBe("700");
    const files = readdirSync(home.data, { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(join(home.data, name)).isFile(),
    );
    expect(files).toEqual(expect.arrayContaining(["pontus.db", "pontus.db-wal", "secret.key"]));
    expect(files.filter((name) => modeOf(join(home.data, name)) !== "600")).toEqual([]);
    expect(modeOf(join(home.media, "new/out.mp4"))).toBe("644");
    expect(modeOf(join(home.media, "new"))).toBe("755");
    expect(filesWith(home.data, service.credentials.private_key)).toEqual(["credentials.json"]);
    expect(await service.stop()).toBe(0);
  });

  test("lets others pass through the data folder to media below it, and list nothing", async () => {
    const root = tempFolder();
    const home = { data: join(root, "data"), media: join(root, "data", "media") };
    mkdirSync(home.media, { recursive: true });
    // Whatever other tests have set for this process.
    chmodSync(home.data, 0o755);
    const service = await startService(home);
    expect(modeOf(home.data)).toBe("711");
    expect(await service.stop()).toBe(0);
  });
});
