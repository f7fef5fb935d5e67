import type { Client } from "../../src/store/store.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aPlainClient } from "../fixtures/plain-client.ts";
import {
  aNewTask,
  anAdmission,
  claimTask,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";
import { aProfile, aRendition } from "../profile/builders.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

/** What holds for every profile store. */
export function profileStoreContract(name: string, make: Make, harness: Harness): void {
  const { describe, test, expect } = harness;
  const profile = { ...aProfile(aRendition()), name: "mine" };

  describe(name, () => {
    test("gives a profile back to its client alone", async () => {
      const { profiles, clock } = await make();
      const stored = await profiles.create("ada", profile);
      expect(stored).toEqual({ profile, createMs: clock.nowMs });
      expect(await profiles.get("ada", "mine")).toEqual(stored);
      expect(await profiles.get("bob", "mine")).toBeUndefined();
      expect(await profiles.list("bob")).toEqual([]);
    });

    test("refuses a name twice, but not to another client", async () => {
      const { profiles } = await make();
      await profiles.create("ada", profile);
      await profiles.create("bob", profile);
      const again = { ...profile, description: "another" };
      expect((await taskErrorOf(profiles.create("ada", again))).code).toBe("profile_exists");
      expect((await profiles.get("ada", "mine"))?.profile).toEqual(profile);
    });

    test("lists by name", async () => {
      const { profiles } = await make();
      for (const name of ["c", "a", "b"]) await profiles.create("ada", { ...profile, name });
      const names = (await profiles.list("ada")).map((stored) => stored.profile.name);
      expect(names).toEqual(["a", "b", "c"]);
    });

    test("deletes a profile", async () => {
      const { profiles } = await make();
      await profiles.create("ada", profile);
      expect((await taskErrorOf(profiles.remove("bob", "mine"))).code).toBe("no_such_profile");
      await profiles.remove("ada", "mine");
      expect((await taskErrorOf(profiles.remove("ada", "mine"))).code).toBe("no_such_profile");
    });

    test("keeps a profile while an unfinished task uses it", async () => {
      const bench = await make();
      const { profiles, tasks } = bench;
      await profiles.create("ada", profile);
      const customProfiles = ["mine", "mine"];
      const ids = [await createTask(bench, { customProfiles })];
      ids.push(await createTask(bench, { customProfiles }));
      const codeOf = async () => (await taskErrorOf(profiles.remove("ada", "mine"))).code;
      expect(await codeOf()).toBe("profile_not_empty");
      await tasks.cancel("ada", ids[0] ?? "");
      expect(await codeOf()).toBe("profile_not_empty");
      const { claim } = await claimTask(bench);
      await tasks.cancel("ada", claim.taskId);
      expect(await codeOf()).toBe("profile_not_empty");
      await tasks.finish(claim, { status: "CANCELLED" });
      await tasks.retry("ada", claim.taskId);
      expect(await codeOf()).toBe("profile_not_empty");
      await tasks.cancel("ada", claim.taskId);
      await profiles.remove("ada", "mine");
    });

    test("lets another client's task use a profile of the same name", async () => {
      const { profiles, tasks } = await make();
      await profiles.create("ada", profile);
      await tasks.create(aNewTask({ clientCode: "bob", customProfiles: ["mine"] }), anAdmission());
      await profiles.remove("ada", "mine");
    });
  });
}

/** What holds for every store of clients and nonces. */
export function clientStoreContract(name: string, make: Make, harness: Harness): void {
  const { describe, test, expect } = harness;
  const aClient = (clientCode: string, publicKey: string, privateKey = "secret") =>
    aPlainClient(clientCode, { publicKey, privateKey, strongOnly: true });

  describe(name, () => {
    test("finds a client by its public key", async () => {
      const { clients } = await make();
      expect(await clients.count()).toBe(0);
      await clients.seed([aClient("ada", "pk-a"), aClient("bob", "pk-b")]);
      expect(await clients.count()).toBe(2);
      expect(await clients.byPublicKey("pk-a")).toEqual(aClient("ada", "pk-a"));
      expect(await clients.byPublicKey("PK-A")).toBeUndefined();
    });

    test("keeps a client's weight and limits", async () => {
      const { clients } = await make();
      const limits = { weight: 7, pendingMax: 100, runningMax: 0, requestsPerSecond: 25 };
      await clients.seed([{ ...aClient("ada", "pk-a"), ...limits }]);
      expect(await clients.byPublicKey("pk-a")).toMatchObject(limits);
    });

    test("keeps a client's receiver and the secrets that it is told with", async () => {
      const { clients } = await make();
      const notification = { url: "https://ada.example/hook", events: ["ended"] as const };
      const webhookSecrets = ["whsec_one", "whsec_two"];
      const ada = { ...aClient("ada", "pk-a"), notification, webhookSecrets };
      await clients.seed([ada]);
      expect(await clients.byPublicKey("pk-a")).toEqual(ada);
    });

    test("finds a client by its second public key too, and gives what it may reach with its tasks", async () => {
      const bench = await make();
      const { clients } = bench;
      const reach = { source: { roots: ["/media/ada"] }, target: { hosts: [] } };
      const second = { publicKey: "pk-2", privateKey: "secret 2" };
      const ada = { ...aClient("ada", "pk-a"), second, reach };
      await clients.seed([ada, aClient("bob", "pk-b")]);
      for (const key of ["pk-a", "pk-2"]) expect(await clients.byPublicKey(key)).toEqual(ada);
      for (const clientCode of ["ada", "bob", "eve"])
        expect((await startTask(bench, { clientCode })).reach).toEqual(
          clientCode === "ada" ? reach : null,
        );
      const taken = [aClient("eve", "pk-2"), { ...aClient("eve", "pk-e"), second: ada }];
      for (const eve of taken)
        expect((await taskErrorOf(clients.seed([eve]))).code).toBe("invalid_parameter");
      await clients.seed([aClient("ada", "pk-2", "secret 2")]);
      expect(await clients.byPublicKey("pk-2")).toEqual(aClient("ada", "pk-2", "secret 2"));
    });

    test("replaces a client of the same code, also where two exchange their keys", async () => {
      const { clients } = await make();
      await clients.seed([aClient("ada", "pk-a"), aClient("bob", "pk-b"), aClient("eve", "pk-e")]);
      expect((await clients.byPublicKey("pk-a"))?.clientCode).toBe("ada");
      await clients.seed([aClient("ada", "pk-b", "new"), aClient("bob", "pk-a")]);
      expect(await clients.byPublicKey("pk-b")).toEqual(aClient("ada", "pk-b", "new"));
      expect((await clients.byPublicKey("pk-a"))?.clientCode).toBe("bob");
      expect(await clients.count()).toBe(3);
    });

    test("keeps what calls have changed since the last seed, and takes over what the config has", async () => {
      const { clients } = await make();
      const ada = aClient("ada", "pk-a");
      await clients.seed([ada]);
      const keys = { publicKey: "pk-new", privateKey: "new secret" };
      const changed = { ...ada, ...keys, second: { publicKey: "pk-a", privateKey: "secret" } };
      await clients.change("ada", () => ({ ...changed, disabled: true, weight: 5 }));
      // Looked up a moment ago, as by a call.
      await clients.byPublicKey("pk-new");
      await clients.seed([ada]);
      const kept = { ...changed, disabled: true, weight: 5 };
      expect(await clients.byPublicKey("pk-new")).toEqual(kept);
      await clients.seed([{ ...ada, weight: 7, pendingMax: 3 }]);
      expect(await clients.byPublicKey("pk-new")).toEqual({ ...kept, weight: 7, pendingMax: 3 });
      const newest = { ...ada, weight: 7, pendingMax: 3, privateKey: "newest" };
      await clients.seed([newest]);
      expect(await clients.byPublicKey("pk-new")).toBeUndefined();
      const { disabled, second } = kept;
      expect(await clients.byPublicKey("pk-a")).toEqual({ ...newest, disabled, second });
    });

    test("adds clients beside those of the config, and lists all by their codes", async () => {
      const { clients } = await make();
      await clients.seed([aClient("bob", "pk-b")]);
      for (const code of ["eve", "ada"]) await clients.add(aClient(code, `pk-${code}`));
      await clients.seed([aClient("bob", "pk-b")]);
      const codesAfter = async (after: string, limit: number) =>
        (await clients.list(after, limit)).map(({ clientCode }) => clientCode);
      expect(await codesAfter("", 2)).toEqual(["ada", "bob"]);
      expect(await codesAfter("bob", 2)).toEqual(["eve"]);
      expect(await clients.list("bob", 1)).toEqual([aClient("eve", "pk-eve")]);
      for (const [code, key] of [
        ["ada", "pk-other"],
        ["new", "pk-b"],
      ] as const)
        expect((await taskErrorOf(clients.add(aClient(code, key)))).code).toBe("client_exists");
      expect(await clients.count()).toBe(3);
    });

    test("changes a client at once, or not at all", async () => {
      const { clients } = await make();
      await clients.add(aClient("ada", "pk-a"));
      expect(await clients.byPublicKey("pk-a")).toMatchObject({ disabled: false, admin: false });
      const change = (client: Client) => ({ ...client, disabled: true, admin: true });
      const changed = { ...aClient("ada", "pk-a"), disabled: true, admin: true };
      expect(await clients.change("ada", change)).toEqual(changed);
      expect(await clients.byPublicKey("pk-a")).toEqual(changed);
      const missing = clients.change("bob", change);
      expect((await taskErrorOf(missing)).code).toBe("no_such_client");
      await clients.add(aClient("bob", "pk-b"));
      const taken = clients.change("bob", (client) => ({ ...client, publicKey: "pk-a" }));
      expect((await taskErrorOf(taken)).code).toBe("invalid_parameter");
      expect(await clients.byPublicKey("pk-b")).toEqual(aClient("bob", "pk-b"));
    });

    test("refuses a public key that another client has, and seeds nothing", async () => {
      const { clients } = await make();
      await clients.seed([aClient("ada", "pk-a")]);
      const error = await taskErrorOf(
        clients.seed([aClient("bob", "pk-b"), aClient("eve", "pk-a")]),
      );
      expect(error.code).toBe("invalid_parameter");
      expect(await clients.count()).toBe(1);
    });

    test("takes a nonce once from each client", async () => {
      const { clients } = await make();
      const { nonce } = anAdmission();
      await clients.checkNonce(nonce);
      await clients.useNonce(nonce);
      expect((await taskErrorOf(clients.checkNonce(nonce))).code).toBe("request_replayed");
      await clients.checkNonce({ ...nonce, clientCode: "bob" });
      expect((await taskErrorOf(clients.useNonce(nonce))).code).toBe("request_replayed");
      await clients.useNonce({ ...nonce, clientCode: "bob" });
    });

    test("takes a nonce once of two that come together", async () => {
      const { clients } = await make();
      const { nonce } = anAdmission();
      const results = await Promise.allSettled([clients.useNonce(nonce), clients.useNonce(nonce)]);
      // Whichever comes first: over several connections that is not the order of the calls.
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    });
  });
}
