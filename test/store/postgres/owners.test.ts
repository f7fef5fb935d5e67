import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { KeySeal, SEAL_KEY_BYTES } from "../../../src/store/key-seal.ts";
import { arePostgresKeysSealed, PostgresClientStore } from "../../../src/store/postgres/clients.ts";
import { PostgresNonces } from "../../../src/store/postgres/nonces.ts";
import { PostgresProfileStore } from "../../../src/store/postgres/profiles.ts";
import { PostgresWatchedFiles } from "../../../src/store/postgres/watched-files.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { aPlainClient } from "../../fixtures/plain-client.ts";
import { aProfile, aRendition } from "../../profile/builders.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

/** A new database as several nodes have it. */
async function nodes(count: number): Promise<readonly PostgresDatabase[]> {
  const url = await fleet.database();
  return Promise.all(Array.from({ length: count }, () => fleet.open(url)));
}

const aKey = () => new KeySeal(randomBytes(SEAL_KEY_BYTES));

describe("PostgresClientStore", () => {
  const aClient = (code: string, publicKey = `pk-${code}`) => aPlainClient(code, { publicKey });

  test("is given the same clients by nodes that start together, and keeps what calls changed", async () => {
    const seal = aKey();
    const stores = (await nodes(6)).map((each) => new PostgresClientStore(each, seal));
    const seeds = ["ada", "bob", "eve"].map((code) => aClient(code));
    await Promise.all(stores.map((each) => each.seed(seeds)));
    await stores[0]?.change("ada", (client) => ({ ...client, weight: 5 }));
    const newer = seeds.map((each) => ({ ...each, pendingMax: 3 }));
    await Promise.all(stores.map((each) => each.seed(newer)));
    for (const each of stores)
      expect(await each.list("", 9)).toEqual(
        newer.map((client) => (client.clientCode === "ada" ? { ...client, weight: 5 } : client)),
      );
  });

  test("gives a public key to one client, whichever of its two keys it is, where two nodes ask at once", async () => {
    const [one, other] = await nodes(2);
    const seal = aKey();
    const stores = [one, other].map((each) => new PostgresClientStore(each as never, seal));
    const second = { publicKey: "pk-x", privateKey: "secret" };
    for (const round of ["a", "b", "c"]) {
      const added = await Promise.allSettled([
        stores[0]?.add(aClient(`one-${round}`, `pk-x${round}`)),
        stores[1]?.add({
          ...aClient(`two-${round}`),
          second: { ...second, publicKey: `pk-x${round}` },
        }),
      ]);
      expect(added.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    }
    expect(await stores[0]?.count()).toBe(3);
  });

  test("notices within a second that another node has disabled a client", async () => {
    const [one, other] = await nodes(2);
    const seal = aKey();
    const stores = [one, other].map((each) => new PostgresClientStore(each as never, seal));
    await stores[0]?.add(aClient("ada"));
    expect(await stores[1]?.byPublicKey("pk-ada")).toMatchObject({ disabled: false });
    await stores[0]?.change("ada", (client) => ({ ...client, disabled: true }));
    const endMs = performance.now() + 10_000;
    while (!(await stores[1]?.byPublicKey("pk-ada"))?.disabled) {
      if (performance.now() > endMs) throw new Error("waited in vain");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test("encrypts what came in clear, and opens it with the same key alone", async () => {
    const [database] = await nodes(1);
    if (!database) throw new Error("Expected a database");
    expect(await arePostgresKeysSealed(database)).toBe(false);
    await database.write(() =>
      database.execute(
        `insert into clients (client_code, public_key, private_key, strong_only, disabled)
         values ('ada', 'pk-ada', 'in clear', false, false)`,
      ),
    );
    const seal = aKey();
    const store = new PostgresClientStore(database, seal);
    await store.sealAll();
    const stored = await database.read(() => database.execute("select * from clients"));
    expect(JSON.stringify(stored.rows)).not.toContain("in clear");
    expect(await store.byCode("ada")).toMatchObject({ privateKey: "in clear" });
    expect(await arePostgresKeysSealed(database)).toBe(true);
    expect(await store.canOpen()).toBe(true);
    const stranger = new PostgresClientStore(database, aKey());
    expect(await stranger.canOpen()).toBe(false);
    expect(await stranger.byCode("ada")).toBeUndefined();
  });

  test("takes a nonce once of many that come to two nodes together, and forgets the expired ones", async () => {
    const [one, other] = await nodes(2);
    const stores = [one, other].map((each) => new PostgresClientStore(each as never, aKey()));
    const nonce = { clientCode: "ada", nonce: "1", expiresMs: 10 };
    const used = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => stores[at % 2]?.useNonce(nonce)),
    );
    expect(used.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await stores[0]?.useNonce({ ...nonce, nonce: "2", expiresMs: 20 });
    const nonces = new PostgresNonces(one as never);
    expect(await one?.write(() => nonces.purge(10, 9))).toBe(1);
    await stores[0]?.useNonce(nonce);
    const again = stores[1]?.useNonce({ ...nonce, nonce: "2" });
    expect((await taskErrorOf(again as Promise<void>)).code).toBe("request_replayed");
  });
});

test("PostgresProfileStore has no profile whose name the database cannot hold", async () => {
  const [database] = await nodes(1);
  const profiles = new PostgresProfileStore(database as never, { now: () => 1 });
  await profiles.create("ada", { ...aProfile(aRendition()), name: "mine" });
  expect(await profiles.get("ada", "mine\0")).toBeUndefined();
  expect((await taskErrorOf(profiles.remove("ada", "mine\0"))).code).toBe("no_such_profile");
  expect(await profiles.list("ada")).toHaveLength(1);
});

test("PostgresWatchedFiles gives a file to one task, where two nodes make one at once", async () => {
  const databases = await nodes(2);
  const file = { watch: "w", path: "a.mov", version: "1" };
  const made = await Promise.all(
    databases.map((database, at) => {
      const watched = new PostgresWatchedFiles(database);
      return database.write(async () => {
        const refusal = await watched.remember(file, "key", `task-${at}`);
        return refusal?.message ?? "made";
      });
    }),
  );
  const [database] = databases;
  const taken = new PostgresWatchedFiles(database as never);
  expect(await taken.taken([file, { ...file, version: "2" }])).toEqual([file]);
  expect(made.toSorted()).toEqual([
    expect.stringMatching(/^Cannot create task: the file "a.mov" has its task "task-[01]"$/),
    "made",
  ]);
});
