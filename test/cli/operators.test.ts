import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit.ts";
import { answering, stopAnswering } from "../fixtures/broken-set-ups.ts";
import { clip } from "../fixtures/clips.ts";
import { pontus, type Ran } from "../fixtures/command-line.ts";
import { freePort } from "../fixtures/live-peers.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";
import { hasEnded, newHome, type RunningService, startService } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

afterAll(stopAnswering);

const PROFILE = "video_mp4_640x360_520kbps";

type Env = Readonly<Record<string, string>>;

/** What `client list --json` tells of each client. */
async function clientsOf(env: Env): Promise<readonly Record<string, unknown>[]> {
  return JSON.parse((await pontus(["client", "list", "--json"], env)).out).clients;
}

/** Every command about clients does the same to a service and to a database. */
async function useClients(env: Env): Promise<void> {
  const options = ["--strong-only", "--weight", "3", "--pending-max", "4", "--running-max", "2"];
  const more = ["--requests-per-second", "0", "--root", join(env["PONTUS_MEDIA_ROOTS"] ?? "", "a")];
  const added = await pontus(["client", "add", "ada", "--admin", ...options, ...more], env);
  expect(added.code).toBe(EXIT.ok);
  const keys = JSON.parse(added.out);
  expect(Object.keys(keys)).toEqual([
    "client_code",
    "public_key",
    "private_key",
    "webhook_secrets",
  ]);
  const ada = async () => (await clientsOf(env)).find((each) => each["client_code"] === "ada");
  const roots = [join(env["PONTUS_MEDIA_ROOTS"] ?? "", "a")];
  expect(await ada()).toMatchObject({
    public_key: keys.public_key,
    admin: true,
    disabled: false,
    strong_only: true,
    weight: 3,
    pending_max: 4,
    running_max: 2,
    requests_per_second: 0,
    roots: { sources: roots, targets: roots },
  });
  const again = await pontus(["client", "add", "ada"], env);
  expect([again.code, again.err]).toEqual([expect.any(Number), expect.stringMatching(/ada/)]);
  expect(again.code).not.toBe(EXIT.ok);

  const rotated = JSON.parse((await pontus(["client", "rotate", "ada"], env)).out);
  expect(await ada()).toMatchObject({
    public_key: rotated.public_key,
    second_public_key: keys.public_key,
  });
  const dropped = await pontus(["client", "rotate", "ada", "--drop-old", "--json"], env);
  expect(JSON.parse(dropped.out)).toMatchObject({ client_code: "ada", admin: true });
  expect(await ada()).not.toHaveProperty("second_public_key");

  const disabled = await pontus(["client", "disable", "ada"], env);
  expect(disabled.out).toMatch(/^ada +\w+ +3 +admin disabled$/m);
  expect(await ada()).toMatchObject({ disabled: true });
  const enabled = await pontus(["client", "enable", "ada", "--json"], env);
  expect(JSON.parse(enabled.out)).toMatchObject({ client_code: "ada", disabled: false });
  expect((await pontus(["client", "list"], env)).out).toMatch(/^client +public key +weight/);
  const none = await pontus(["client", "disable", "nobody"], env);
  expect(none.code).not.toBe(EXIT.ok);
  expect(none.err).toContain("nobody");
}

describe("pontus", () => {
  let service: RunningService;
  let env: Env;
  beforeAll(async () => {
    service = await startService();
    copyFileSync(await clip(), join(service.home.media, "clip.mp4"));
    env = {
      PONTUS_URL: service.url,
      PONTUS_DATA_DIR: service.home.data,
      PONTUS_MEDIA_ROOTS: service.home.media,
    };
  });
  afterAll(() => service.stop());
  const run = (...args: readonly string[]): Promise<Ran> => pontus(args, env);

  test("client changes the clients of a service", async () => {
    await useClients(env);
    const { out } = await run("client", "add", "bob");
    const asBob = { ...env, PONTUS_CREDENTIALS: out };
    expect(await pontus(["list", "--ids"], asBob)).toMatchObject({ code: EXIT.ok });
    const submitted = ["submit", "none.mp4", "out/bob.mp4", "-p", PROFILE, "--watch"];
    expect((await pontus(submitted, asBob)).code).toBe(EXIT.failed);
    const failures = (await run("list", "--all", "--status", "FAILED")).out;
    expect(failures).toMatch(/^id +status +created +client +profile +source +error\n/);
    expect(failures).toMatch(
      / bob +\S+ +none\.mp4 +Cannot read the source "none\.mp4": there is no/,
    );
    expect((await pontus(["list", "--all"], asBob)).err).toContain("for a client with admin");
    const refused = await pontus(["client", "list"], asBob);
    expect([refused.code, refused.err]).toEqual([
      EXIT.refused,
      expect.stringMatching(/^AccessDenied: .*\n {2}This call is for a client with admin/),
    ]);
    await run("client", "disable", "bob");
    const { err } = await pontus(["list"], asBob);
    expect(err).toMatch(/^AuthenticationFailed: .*\n {2}The keys are not those of a client/);
  });

  test("plan says what is done to each stream and why, and creates nothing", async () => {
    const before = (await run("list", "--ids")).out;
    const { code, out } = await run("plan", "clip.mp4", "out/a.mp4", "-p", PROFILE);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain(`profile    ${PROFILE}\nsource     clip.mp4, `);
    expect(out).toMatch(/^stream 0 +video h264, 320x180, 25 frames\/s\n +encode for target 1: /m);
    expect(out).toMatch(/^step +encode: ffmpeg .*-c:v libx264 .*0\/out.mp4$/m);
    expect(out).toMatch(/^about +[\d.]+ MB, \d+ s of work$/m);
    const asJson = JSON.parse(
      (await run("plan", "clip.mp4", "b.mp4", "-p", PROFILE, "--json")).out,
    );
    expect(asJson.source.streams).toHaveLength(2);
    expect((await run("list", "--ids")).out).toBe(before);
  });

  test("plan says why a task would fail", async () => {
    const { code, out } = await run("plan", "none.mp4", "out/a.mp4", "-p", PROFILE);
    expect([code, out]).toEqual([
      EXIT.failed,
      expect.stringMatching(/^error +ParameterError: Cannot read the source "none.mp4"/m),
    ]);
  });

  test("log reads the logs of a task", async () => {
    const { out: id } = await run("submit", "clip.mp4", "out/c.mp4", "-p", PROFILE);
    await service.until(id.trim(), hasEnded);
    const { attempts } = JSON.parse((await run("log", id.trim(), "--json")).out);
    expect(attempts[0].decisions.length).toBeGreaterThan(0);
    expect((await run("log", id.trim())).out).toContain(`\n  - ${attempts[0].decisions[0]}\n`);
    const none = await run("log", id.trim(), "--attempt", "9");
    expect([none.code, none.err]).toEqual([EXIT.failed, "Cannot show attempt 9: it has no log\n"]);
  });

  test("log writes what was decided in each attempt, and what its encoder said", async () => {
    const attempts = [
      { attempt: 1, decisions: ["The video is encoded"], lines: ["frame= 1", "killed"] },
      { attempt: 2, decisions: [], lines: [] },
    ];
    const port = await answering({ attempts });
    const keys = JSON.stringify(service.credentials);
    const args = ["log", "x", "--url", `http://127.0.0.1:${port}`, "--credentials", keys];
    const first = "attempt 1\n  - The video is encoded\n  | frame= 1\n  | killed\n";
    expect((await run(...args)).out).toBe(`${first}attempt 2\n`);
    expect((await run(...args, "--attempt", "1")).out).toBe(first);
    const asJson = await run(...args, "--attempt", "2", "--json");
    expect(JSON.parse(asJson.out)).toEqual({ attempts: attempts.slice(1) });
  });
});

describe("pontus client, where no service answers", () => {
  test("changes the database itself, and closes its folder", async () => {
    const home = newHome();
    const env = {
      PONTUS_DATA_DIR: home.data,
      PONTUS_MEDIA_ROOTS: home.media,
      PONTUS_PORT: String(await freePort()),
    };
    const { err } = await pontus(["client", "list"], env);
    expect(err).toMatch(/^No service answers at http.*: its database is opened itself\n$/);
    await useClients(env);
    expect(statSync(home.data).mode & 0o777).toBe(0o700);
    const { out } = await pontus(["client", "add", "eve"], env);
    const service = await startService(home);
    const asEve = { PONTUS_URL: service.url, PONTUS_CREDENTIALS: out };
    const { code } = await pontus(["list"], asEve);
    await service.stop();
    expect(code).toBe(EXIT.ok);
  });

  test("changes the database of a fleet, whose nodes know the clients then", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pg-"));
    const server = await PostgresServer.start(folder);
    try {
      const env = {
        PONTUS_DATABASE_URL: await server.createDatabase(),
        PONTUS_SECRET_KEY: "0123456789abcdef".repeat(4),
      };
      const home = newHome();
      const alone = {
        ...env,
        PONTUS_DATA_DIR: home.data,
        PONTUS_MEDIA_ROOTS: home.media,
        PONTUS_PORT: String(await freePort()),
      };
      await useClients(alone);
      const { out } = await pontus(["client", "rotate", "ada"], alone);
      const service = await startService(home, { ...env, PONTUS_ROLE: "api" });
      const asAda = { PONTUS_URL: service.url, PONTUS_CREDENTIALS: out };
      expect(await clientsOf(asAda)).toContainEqual(
        expect.objectContaining({ client_code: "ada", admin: true, weight: 3 }),
      );
      await service.stop();
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("leaves it alone if a service is named, or nothing is kept", async () => {
    const home = newHome();
    const named = {
      PONTUS_DATA_DIR: home.data,
      PONTUS_URL: `http://127.0.0.1:${await freePort()}`,
    };
    const keys = { client_code: "c", public_key: "p", private_key: "k" };
    const env = { ...named, PONTUS_CREDENTIALS: JSON.stringify(keys) };
    expect((await pontus(["client", "list"], env)).code).toBe(EXIT.unreachable);
    const memory = { PONTUS_DATABASE_URL: ":memory:", PONTUS_PORT: String(await freePort()) };
    const { code, err } = await pontus(["client", "list"], memory);
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining("nothing on a disk")]);
  });
});
