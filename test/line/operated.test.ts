import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";
import {
  type Credentials,
  type SignedCallOptions,
  signedRequest,
} from "../fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const running: RunningService[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop("SIGKILL");
});

async function start(...args: Parameters<typeof startService>): Promise<RunningService> {
  const service = await startService(...args);
  running.push(service);
  return service;
}

type Json = Record<string, unknown>;
const json = async (answer: Promise<Response>): Promise<Json> =>
  (await answer).json() as Promise<Json>;
const admin = (service: RunningService, path: string, options?: SignedCallOptions): Promise<Json> =>
  json(service.call(`/api/v1/admin${path}`, options));

const OPS = { client_code: "ops", public_key: "pk-ops", private_key: "of ops", admin: true };
const APP = { client_code: "app", public_key: "pk-app", private_key: "of app" };

const statusFor = async (service: RunningService, keys: unknown): Promise<number> =>
  (await service.as(keys as Credentials).call("/api/v1/profiles")).status;

test("what operators change stays across restarts, beside what the config has changed", async () => {
  const home = newHome();
  const envOf = (app: object) => ({
    PONTUS_CLIENTS: JSON.stringify([OPS, { ...APP, ...app }]),
    PONTUS_CONCURRENCY: "0",
  });
  const first = await start(home, envOf({}));
  const added = await admin(first, "/clients", { body: { client_code: "added" } });
  const rotated = await admin(first, "/clients/app/rotate", { body: { keep_old: false } });
  await admin(first, "/clients/app", { method: "PATCH", body: { weight: 5 } });
  // Not switched on here.
  for (const path of ["/api/v1/media", "/api/v1/media/a.mp4"])
    expect((await first.call(path)).status).toBe(404);
  expect(await first.stop()).toBe(0);

  const second = await start(home, envOf({ pending_max: 3 }));
  expect([await statusFor(second, added), await statusFor(second, rotated)]).toEqual([200, 200]);
  expect(await statusFor(second, APP)).toBe(401);
  const { clients } = await admin(second, "/clients");
  expect(clients).toMatchObject([
    { client_code: "added" },
    { client_code: "app", weight: 5, pending_max: 3, public_key: rotated["public_key"] },
    { client_code: "ops", admin: true },
  ]);
});

test("a drained service takes nothing up, hands back what runs, and goes on when that is over", async () => {
  const home = newHome();
  copyFileSync(await clip({ seconds: 4 }), join(home.media, "in.mp4"));
  const service = await start(home, { PONTUS_CONCURRENCY: "1" });
  const create = (name: string) =>
    service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: name }],
    });
  await admin(service, "/drain", { body: {} });
  // It may be looking for tasks just now.
  await eventually(async () => ((await admin(service, "/drain"))["drained"] ? true : undefined));
  const id = await create("a.mp4");
  expect(await admin(service, "/queue")).toMatchObject({ pending: 1, running: 0, taking: false });
  expect(await admin(service, "/drain", { method: "DELETE" })).toMatchObject({ draining: false });
  await service.until(id, ({ task_status }) => task_status === "RUNNING");
  const { workers } = await admin(service, "/workers");
  expect(workers).toMatchObject([{ is_this: true, slots: 1, engine: "native", draining: false }]);
  await admin(service, "/drain", { body: { hand_back_after_seconds: 0 } });
  const drained = await eventually(async () => {
    const standing = await admin(service, "/drain");
    return standing["drained"] === true ? standing : undefined;
  });
  expect(drained).toMatchObject({ draining: true, running: 0, handed_back: 1 });
  const back = await service.task(id);
  expect([back.task_status, back.attempts[0]?.error?.code]).toEqual(["PENDING", "InternalError"]);
  await admin(service, "/drain", { method: "DELETE" });
  await service.until(id, ({ task_status }) => task_status === "SUCCESS");
});

test.each([
  ["Bun", BUN],
  ["Deno", deno()],
])("on %s a file is put in, resumed where a connection broke, and read out", async (_, command) => {
  const home = newHome();
  const env = { PONTUS_MEDIA_API: "yes", PONTUS_CONCURRENCY: "0" };
  const service = await start(home, env, command);
  const bytes = randomBytes(3_000_000);
  const path = "/api/v1/media/up/in.mov";
  const put = (from: number, to: number) =>
    service.call(path, {
      method: "PUT",
      body: bytes.subarray(from, to),
      headers: { "Content-Range": `bytes ${from}-${to - 1}/${bytes.length}` },
    });
  expect((await put(0, 1_000_000)).status).toBe(202);
  await broken(service, path, bytes.subarray(1_000_000), `bytes 1000000-2999999/3000000`);
  const offset = await eventually(async () => {
    const { headers } = await service.call(path, { method: "HEAD" });
    const at = Number(headers.get("Upload-Offset"));
    return at > 1_000_000 ? at : undefined;
  });
  expect(readdirSync(join(home.media, "up"))).toEqual([expect.stringContaining(".pontus-part")]);
  // After a restart as well.
  expect(await service.stop()).toBe(0);
  const again = await start(home, env, command);
  const rest = await again.call(path, {
    method: "PUT",
    body: bytes.subarray(offset),
    headers: { "Content-Range": `bytes ${offset}-2999999/3000000` },
  });
  expect(rest.status).toBe(200);
  expect(readdirSync(join(home.media, "up"))).toEqual(["in.mov"]);
  expect(bytes.equals(readFileSync(join(home.media, "up/in.mov")))).toBe(true);
  const got = Buffer.from(await (await again.call(path)).arrayBuffer());
  expect(bytes.equals(got)).toBe(true);
  const part = await again.call(path, { headers: { Range: "bytes=5-9" } });
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(5, 10));
});

/** Sends half of a piece, and breaks the connection off. */
async function broken(
  service: RunningService,
  path: string,
  bytes: Uint8Array,
  range: string,
): Promise<void> {
  const { headers } = signedRequest(service.credentials, `${service.url}${path}`, {
    method: "PUT",
  });
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join("\r\n");
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  await once(socket, "connect");
  const head = `PUT ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\nContent-Range: ${range}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  socket.write(head);
  const half = bytes.subarray(0, bytes.length / 2);
  await new Promise<void>((resolve) => socket.write(half, () => resolve()));
  // What the service has taken up by then is kept.
  await eventually(async () => {
    const at = await service.call(path, { method: "HEAD" });
    return Number(at.headers.get("Upload-Offset")) > 1_000_000 ? true : undefined;
  });
  socket.destroy();
}
