import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { storagesWithin } from "../../src/app/storages.ts";
import type { Reach, ReachLists } from "../../src/lib/reach.ts";
import { OPEN_EGRESS } from "../../src/net/egress-policy.ts";
import { HttpStorage } from "../../src/storage/http/http.ts";
import { isDiskless, type Side, type Storage, storageFor } from "../../src/storage/storage.ts";
import { walled } from "../../src/storage/walled.ts";
import { failureOf } from "../contract/storage.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { aFile } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import { hastyHttpStorage } from "../fixtures/http-storage.ts";
import { startMediaServer, status } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";

setDefaultTimeout(60_000);

const { signal } = new AbortController();
const server = await ofFile(startMediaServer());
server.files.set("/ada/in.mp4", Buffer.from("ada"));
server.files.set("/bob/in.mp4", Buffer.from("bob"));

const ADA: ReachLists = { urls: [server.url("/ada/")] };
const EVERYWHERE: ReachLists = {};

const within = (reach: Reach, storage: Storage = hastyHttpStorage(10_000)): Storage =>
  storageFor(storagesWithin([storage])(reach), "http://a", "source");

/** Every way to use an address, by the side that it is used as. */
const usesOf = (
  storage: Storage,
): readonly (readonly [Side, (url: string) => Promise<unknown>])[] => {
  if (!isDiskless(storage)) throw new Error("it needs a disk");
  const conditions = freely("t-1");
  return [
    ["source", (url) => storage.source(url)],
    ["source", (url) => storage.open(url, { folder: tempFolder(), signal })],
    ["source", (url) => storage.read(url, signal)],
    ["target", (url) => storage.target(url)],
    ["target", (url) => storage.prepare(url, conditions)],
    ["target", async (url) => storage.deliver(await aFile(tempFolder(), "new"), url, conditions)],
    ["target", (url) => storage.openLiveSet(url, conditions)],
    ["target", (url) => storage.write(url, { ...conditions, entry: "out.mp4", isSet: false })],
  ];
};

/** What becomes of every use of an address. */
async function toldOf(storage: Storage, url: string): Promise<readonly string[]> {
  const told: string[] = [];
  for (const [side, use] of usesOf(storage)) {
    const error = await use(url).then(
      () => undefined,
      (failure: { readonly code: string }) => failure,
    );
    told.push(`${side} ${error?.code ?? "used"}`);
  }
  return told;
}

const sided = (source: string, target: string): readonly string[] =>
  usesOf(within({ source: {}, target: {} })).map(
    ([side]) => `${side} ${side === "source" ? source : target}`,
  );

describe("walled()", () => {
  test("hands on the budget that the parts of a source share, where there is one", () => {
    const budget = walled(hastyHttpStorage(), { source: {}, target: {} }).budget?.();
    budget?.took(1);
    expect(budget).toBeDefined();
  });

  test("refuses every use of what the client may not use, and asks no server", async () => {
    const storage = within({ source: ADA, target: ADA });
    const asked = server.asked.length;
    expect(await toldOf(storage, server.url("/bob/in.mp4"))).toEqual(
      sided("access_denied", "access_denied"),
    );
    expect(server.asked.length).toBe(asked);
    expect(await toldOf(storage, server.url("/ada/in.mp4"))).toEqual(sided("used", "used"));
  });

  test("tells what is read from what is written", async () => {
    const url = server.url("/bob/in.mp4");
    const reader = within({ source: EVERYWHERE, target: ADA });
    expect(await toldOf(reader, url)).toEqual(sided("used", "access_denied"));
    const writer = within({ source: ADA, target: EVERYWHERE });
    expect(await toldOf(writer, url)).toEqual(sided("access_denied", "used"));
  });

  test("judges a redirect by the side that follows it", async () => {
    const away = [status(307, { location: server.url("/bob/in.mp4") })];
    const from = server.url("/ada/away.mp4");
    server.next("/ada/away.mp4", away, "stays");
    const finished = await aFile(tempFolder(), "new");
    const read = (walled: Storage) => walled.open(from, { folder: tempFolder(), signal });
    const write = (walled: Storage) => walled.deliver(finished, from, freely("t-1"));
    const reader = within({ source: EVERYWHERE, target: ADA });
    const writer = within({ source: ADA, target: EVERYWHERE });
    expect((await read(reader)).foundAt).toBe(server.url("/bob/in.mp4"));
    expect((await failureOf(write(reader))).code).toBe("access_denied");
    expect((await failureOf(read(writer))).code).toBe("access_denied");
    expect(await write(writer)).toBeUndefined();
  });

  test("goes to no server that the client is denied, and to those that it is allowed", async () => {
    const url = server.url("/ada/in.mp4");
    const open = (reach: Reach, preset: "public" | "open") => {
      const storage = new HttpStorage({
        idleTimeoutMs: 10_000,
        policy: { ...OPEN_EGRESS, preset },
        retries: { failuresMax: 1, firstWaitMs: 5 },
      });
      return within(reach, storage).open(url, { folder: tempFolder(), signal });
    };
    const all = { source: EVERYWHERE, target: EVERYWHERE };
    const asked = server.asked.length;
    const denied = await failureOf(open({ ...all, egress: { deny: ["127.0.0.0/8"] } }, "open"));
    expect(denied.message).toEndWith("it is not reachable");
    expect((await failureOf(open(all, "public"))).code).toBe("source_unreachable");
    expect(server.asked.length).toBe(asked);
    const allowed = await open({ ...all, egress: { allow: ["127.0.0.0/8"] } }, "public");
    expect(allowed.sizeBytes).toBe(server.files.get("/ada/in.mp4")?.length ?? 0);
  });
});
