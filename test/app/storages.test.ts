import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storagesWithin } from "../../src/app/storages.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Reach, ReachLists } from "../../src/lib/reach.ts";
import { FileStorage } from "../../src/storage/file/file.ts";
import { type Storage, storageFor } from "../../src/storage/storage.ts";
import { failureOf } from "../contract/storage.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { aStorage } from "../fixtures/file-storage.ts";
import { aFile } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import { ADA, anApp, aTask, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";
import { hastyHttpStorage } from "../fixtures/http-storage.ts";
import { type Answer, startMediaServer } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const server = await ofFile(startMediaServer());

const both = (lists: ReachLists): Reach => ({ source: lists, target: lists });

const redirectTo =
  (location: string): Answer =>
  (_, response) =>
    void response.writeHead(307, { location }).end();

/** The storage of an address for a client with this reach. */
const within = (storages: readonly Storage[], reach: Reach, url: string): Storage =>
  storageFor(storagesWithin(storages)(reach), url, "source");

/** A storage of files with a folder for ada and one for bob, and what ada sees of it. */
async function twoFolders() {
  const bench = await aStorage();
  const [ada, bob] = [join(bench.root, "ada"), join(bench.root, "bob")];
  for (const folder of [ada, bob]) {
    await mkdir(folder);
    await writeFile(join(folder, "in.mp4"), folder);
  }
  const walled = within([bench.storage], both({ roots: [ada] }), "a");
  return { ...bench, ada, bob, walled };
}

describe("storagesWithin", () => {
  test("keeps a client's files to its folders, however they are written", async () => {
    const { walled, root, ada, bob } = await twoFolders();
    await symlink(bob, join(ada, "link"));
    await symlink(ada, join(bob, "link"));
    expect((await walled.source("ada/in.mp4")).key).toBe(`file:${join(ada, "in.mp4")}`);
    expect((await walled.target("bob/link/out.mp4")).key).toBe(`file:${join(ada, "out.mp4")}`);
    const strange = ["bob/in.mp4", "ada/../bob/in.mp4", "ada/link/in.mp4", "adam/in.mp4", "in.mp4"];
    const asUrls = [`file://${root}/ada/%2e%2e/bob/in.mp4`, `file://${root}/b%6fb/in.mp4`];
    for (const url of [...strange, ...asUrls, "ada"])
      for (const side of ["source", "target"] as const)
        expect([url, (await failureOf(walled[side](url))).code]).toEqual([url, "access_denied"]);
  });

  test("opens and writes nothing of others where a link has come since", async () => {
    const { walled, bob, ada, scratch } = await twoFolders();
    expect((await walled.target("ada/out/x.mp4")).key).toBe(`file:${join(ada, "out/x.mp4")}`);
    await symlink(bob, join(ada, "out"));
    const opening = () => walled.open("ada/out/in.mp4", { folder: scratch, signal });
    const finished = await aFile(scratch, "new");
    for (const use of [
      opening,
      () => walled.prepare("ada/out/x.mp4", freely("t-1")),
      () => walled.deliver(finished, "ada/out/x.mp4", freely("t-1")),
      () => walled.openLiveSet("ada/out/x.m3u8", freely("t-1")),
    ])
      expect((await failureOf(use())).code).toBe("access_denied");
    const { path, close } = await walled.open("ada/in.mp4", { folder: scratch, signal });
    expect(await readFile(path, "utf8")).toBe(ada);
    await close?.();
  });

  test("follows no link that stands or comes in the place of a folder of the client's", async () => {
    const { walled, storage, root, bob, ada } = await twoFolders();
    await walled.source("ada/in.mp4");
    await rename(ada, `${ada}-moved`);
    await symlink(bob, ada);
    const openAs = async (each: Storage) =>
      (await failureOf(each.open("ada/in.mp4", { folder: tempFolder(), signal }))).code;
    expect(await openAs(walled)).toBe("access_denied");
    // The first use of another client, after a start as well.
    const roots = [ada, join(root, "ada", "..", "ada")];
    expect(await openAs(within([storage], both({ roots }), "a"))).toBe("access_denied");
  });

  test("knows a folder of the client's below any media root, however that is written, and nothing outside", async () => {
    const { root, ada, base } = await twoFolders();
    const [linked, deep, outside] = [join(base, "linked"), join(root, "deep"), tempFolder()];
    await symlink(root, linked);
    await symlink(outside, deep);
    await symlink(outside, join(ada, "away"));
    const storage = await FileStorage.open({ roots: [linked, join(linked, "deep")] });
    const stranger = tempFolder();
    const roots = [`${base}/./linked/ada`, `${join(linked, "deep")}/sub/`, stranger];
    for (const each of [roots, [ada, join(outside, "sub"), stranger]]) {
      const walled = within([storage], both({ roots: each }), "a");
      for (const side of ["source", "target"] as const) {
        expect((await walled[side]("ada/a.mp4")).key).toBe(`file:${join(ada, "a.mp4")}`);
        const key = `file:${join(await realpath(outside), "sub", "a.mp4")}`;
        expect((await walled[side]("deep/sub/a.mp4")).key).toBe(key);
        for (const url of ["bob/in.mp4", "deep/a.mp4", "ada/away/a.mp4", join(stranger, "a.mp4")])
          expect([url, (await failureOf(walled[side](url))).code]).toEqual([url, "access_denied"]);
      }
    }
    const all = within([storage], both({ roots: [stranger] }), "a");
    await symlink(stranger, join(ada, "stranger"));
    expect((await failureOf(all.source("ada/stranger/a.mp4"))).code).toBe("access_denied");
  });

  test("tells sources from targets", async () => {
    const { storage, root, ada } = await twoFolders();
    const reach = { source: { roots: [root] }, target: { roots: [ada] } };
    const walled = within([storage], reach, "a");
    expect((await walled.source("bob/in.mp4")).key).toEndWith("/bob/in.mp4");
    expect((await failureOf(walled.target("bob/out.mp4"))).code).toBe("access_denied");
  });

  test("counts the folder of a set, and judges what manifests and redirects lead to", async () => {
    const http = hastyHttpStorage(10_000);
    server.files.set("/ada/a.ts", Buffer.from("a"));
    server.files.set("/bob/b.ts", Buffer.from("b"));
    const to = (path: string): readonly Answer[] => [redirectTo(server.url(path))];
    const walled = within([http], both({ urls: [server.url("/ada/")] }), "http://a");
    const open = (path: string) => walled.open(server.url(path), { folder: tempFolder(), signal });
    expect((await open("/ada/a.ts")).sizeBytes).toBe(1);
    // A segment or a key of a manifest is opened by the storage of the manifest.
    expect((await failureOf(open("/bob/b.ts"))).code).toBe("access_denied");
    server.next("/ada/away.ts", to("/bob/b.ts"), "stays");
    server.next("/ada/near.ts", to("/ada/a.ts"), "stays");
    expect((await open("/ada/near.ts")).foundAt).toBe(server.url("/ada/a.ts"));
    const asked = server.asked.length;
    const refused = await failureOf(open("/ada/away.ts"));
    expect([refused.code, refused.message]).toEqual([
      "access_denied",
      `Cannot use the address "${server.url("/bob/b.ts")}": it is not among those that this client may use`,
    ]);
    expect(server.asked.slice(asked).map(({ path }) => path)).toEqual(["/ada/away.ts"]);
    const single = within([http], both({ urls: [server.url("/ada/x.m3u8")] }), "http://a");
    expect((await failureOf(single.target(server.url("/ada/x.m3u8")))).code).toBe("access_denied");
  });

  test("sends no target to where a redirect leads that the client may not use", async () => {
    const http = hastyHttpStorage(10_000);
    const { scratch } = await aStorage();
    const walled = within([http], both({ urls: [server.url("/ada/")] }), "http://a");
    server.next("/ada/out.mp4", [redirectTo(server.url("/bob/out.mp4"))], "stays");
    const finished = await aFile(scratch, "new");
    const delivery = walled.deliver(finished, server.url("/ada/out.mp4"), freely("t-1"));
    expect((await failureOf(delivery)).code).toBe("access_denied");
    expect(server.files.has("/bob/out.mp4")).toBe(false);
  });
});

describe("a client with a reach", () => {
  const into = (target_url: string) =>
    aTask({ source: { source_url: "ada/in.mp4" }, targets: [{ target_url }] });

  /** An app where ada has a folder of her own, and bob has all. */
  async function aWalledApp() {
    const app = await anApp();
    const roots = [join(app.root, "ada")];
    const hosts = ["live.example.com"];
    const ada = { ...ADA, reach: both({ roots, hosts, buckets: [] }) };
    await app.ports.clients.seed([ada]);
    return { ...app, ada };
  }

  test("is told nothing of another's targets, held or not", async () => {
    const app = await aWalledApp();
    const free = await app.call(TASKS, { body: into("bob/out.mp4") });
    expect(await refusalOf(free)).toBe("403 AccessDenied");
    await created(app, into("bob/out.mp4"), CLIENTS.bob);
    const held = await app.call(TASKS, { body: into("bob/out.mp4") });
    expect(await refusalOf(held)).toBe("403 AccessDenied");
  });

  test("still meets another's task where both may write", async () => {
    const app = await aWalledApp();
    await created(app, into("ada/out.mp4"), CLIENTS.bob);
    expect(await refusalOf(await app.call(TASKS, { body: into("ada/out.mp4") }))).toBe(
      "409 TaskConflict",
    );
  });

  test("may use the live hosts of its record alone, and opens no port of the machine", async () => {
    const app = await aWalledApp();
    const statusOf = async (target_url: string) =>
      (await app.call(TASKS, { body: into(target_url) })).status;
    expect(await statusOf("rtmp://LIVE.example.com/app/key")).not.toBe(403);
    for (const url of ["rtmp://other.example.com/app/key", "srt://0.0.0.0:9000?mode=listener"])
      expect([url, await statusOf(url)]).toEqual([url, 403]);
  });

  test("does not retry what it may not use any more, and learns nothing by that", async () => {
    const app = await anApp();
    const id = await created(app, into("bob/out.mp4"));
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    await app.ports.clients.seed([{ ...ADA, reach: both({ roots: [join(app.root, "ada")] }) }]);
    const retry = () => app.call(`${TASKS}/${id}/retry`, { method: "POST" });
    expect(await refusalOf(await retry())).toBe("403 AccessDenied");
    const [roots, all] = [{ roots: [join(app.root, "bob")] }, {}];
    // Its source alone is out of reach.
    await app.ports.clients.seed([{ ...ADA, reach: { source: roots, target: all } }]);
    expect(await refusalOf(await retry())).toBe("403 AccessDenied");
    await app.ports.clients.seed([{ ...ADA, reach: both({ roots: [join(app.root, "ada")] }) }]);
    await created(app, into("bob/out.mp4"), CLIENTS.bob);
    expect(await refusalOf(await retry())).toBe("403 AccessDenied");
  });

  test("runs no task that was created before its record was narrowed", async () => {
    const home = newHome();
    for (const folder of ["ada", "bob"]) await mkdir(join(home.media, folder));
    for (const folder of ["ada", "bob"])
      await writeFile(join(home.media, folder, "in.mp4"), await readFile(await clip()));
    const record = { client_code: "ada", public_key: "pk", private_key: "of ada" };
    const env = (more: object) => ({ PONTUS_CLIENTS: JSON.stringify([{ ...record, ...more }]) });
    const task = (source_url: string, target_url: string) => ({
      source: { source_url },
      profile_name: "video_mp4_160x120_200kbps",
      targets: [{ target_url }],
    });
    const wide = await startService(home, { ...env({ running_max: 1 }), PONTUS_CONCURRENCY: "1" });
    // The first one waits for a stream that does not come, so that the second one stays pending.
    const live = await wide.create(task("udp://127.0.0.1:9", "ada/live.mp4"));
    const id = await wide.create(task("bob/in.mp4", "ada/out.mp4"));
    const sending = await wide.create(task("ada/in.mp4", "rtmp://127.0.0.1:9/live/a"));
    expect(await wide.stop()).toBe(0);
    const roots = [join(home.media, "ada")];
    const narrow = await startService(home, env({ roots, hosts: [] }));
    const away = await narrow.until(live, ({ task_status }) => task_status === "FAILED");
    expect(away.error?.detail).toContain(
      '"udp://127.0.0.1:9": it is not among those that this client may use',
    );
    const sent = await narrow.until(sending, ({ task_status }) => task_status === "FAILED");
    expect(sent.error?.detail).toContain(
      '"rtmp://127.0.0.1:9/live/***": it is not among those that this client may use',
    );
    const ended = await narrow.until(id, ({ task_status }) => task_status === "FAILED");
    expect(ended.error?.detail).toContain('"bob/in.mp4": it lies outside the media roots');
    const own = await narrow.create(task("ada/in.mp4", "ada/out.mp4"));
    await narrow.until(own, ({ task_status }) => task_status === "SUCCESS");
    expect(await narrow.stop()).toBe(0);
  });
});

describe("PONTUS_CLIENTS", () => {
  const record = { client_code: "ada", public_key: "pk", private_key: "of ada" };
  const reachOf = (fields: object) => {
    const clients = JSON.stringify([{ ...record, ...fields }]);
    return parseConfig({ PONTUS_CLIENTS: clients }, { cores: 1 }).config.clients[0]?.reach;
  };

  test("takes lists for both sides, or for one", () => {
    expect(reachOf({})).toBe(null);
    expect(
      reachOf({ roots: ["/media/ada"], buckets: { targets: ["bucket"] }, hosts: { sources: [] } }),
    ).toEqual({
      source: { roots: ["/media/ada"], hosts: [] },
      target: { roots: ["/media/ada"], buckets: ["bucket"] },
    });
  });

  test("takes lists of servers beside them", () => {
    const egress_deny = ["10.0.0.0/8", "*.example.com", "[fd00::/8]:443"];
    expect(reachOf({ egress_deny })).toEqual({
      source: {},
      target: {},
      egress: { deny: egress_deny },
    });
    expect(reachOf({ egress_allow: ["nas:80"], egress_deny: [], hosts: ["nas"] })).toEqual({
      source: { hosts: ["nas"] },
      target: { hosts: ["nas"] },
      egress: { allow: ["nas:80"], deny: [] },
    });
  });

  test.each([
    [{ roots: ["media/ada"] }, "roots.0 must be absolute paths of folders"],
    [{ hosts: ["http://a"] }, "hosts.0 must be hosts"],
    [{ urls: "https://a/" }, "urls must be addresses"],
    [{ buckets: { source: [] } }, "buckets must be names of buckets"],
    [{ egress_allow: ["10.0.0.0/33"] }, "egress_allow.0 must be hosts, addresses and networks"],
    [{ egress_deny: ["a b"] }, "egress_deny.0 must be hosts, addresses and networks"],
    [{ egress_deny: [""] }, "egress_deny.0 must be hosts, addresses and networks"],
    [{ egress_deny: { sources: ["a"] } }, "egress_deny must be an array of strings"],
    [{ second_public_key: "pk2" }, "has a second_public_key without a second_private_key"],
  ])("refuses %p", (fields, message) => {
    expect(() => reachOf(fields)).toThrow(message);
  });
});
