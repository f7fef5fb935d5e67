import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../../src/cli/exit.ts";
import { BROKEN, type Env, stopAnswering } from "../fixtures/broken-set-ups.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { pontus } from "../fixtures/command-line.ts";
import { fakeDevice } from "../fixtures/fake-device.ts";
import { freePort } from "../fixtures/live-peers.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";
import { deno } from "../fixtures/runtimes.ts";
import { type Home, newHome, startService } from "../fixtures/service.ts";

// Every set-up is really broken, and what the command says of it is read as a person would: by its sentence.

setDefaultTimeout(60_000);

type Finding = {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly advice?: string;
};

/** What a service has left that ran once. */
let used: Home;
beforeAll(async () => {
  const service = await startService();
  await service.stop();
  used = service.home;
});

afterAll(stopAnswering);

/** A copy of that, to be broken. */
async function newSetUp(): Promise<{ readonly home: Home; readonly env: Env }> {
  const home = newHome();
  cpSync(used.data, home.data, { recursive: true });
  const env = {
    PATH: process.env["PATH"] ?? "",
    PONTUS_DATA_DIR: home.data,
    PONTUS_MEDIA_ROOTS: home.media,
    PONTUS_PORT: String(await freePort()),
  };
  return { home, env };
}

async function examine(env: Env): Promise<{ code: number; findings: readonly Finding[] }> {
  const { code, out } = await pontus(["doctor", "--json"], env);
  return { code, findings: JSON.parse(out).findings };
}

const bad = (findings: readonly Finding[], state = "problem"): readonly string[] =>
  findings
    .filter((finding) => finding.state === state)
    .map(({ check, detail, advice }) => {
      expect(advice).toBeString();
      return `${check}: ${detail}`;
    });

describe("pontus doctor", () => {
  test("finds nothing wrong with a set-up that works, and changes nothing", async () => {
    const { home, env } = await newSetUp();
    const before = readdirSync(home.data, { recursive: true }).toSorted();
    const { code, findings } = await examine(env);
    expect([bad(findings), bad(findings, "warning"), code]).toEqual([[], [], EXIT.ok]);
    expect(findings.map(({ check }) => check)).toContain("engine");
    const left = readdirSync(home.data, { recursive: true }).toSorted();
    // SQLite keeps a log beside a database that is open.
    expect(left.filter((name) => !/-(wal|shm)$/.test(String(name)))).toEqual(
      before.filter((name) => !/-(wal|shm)$/.test(String(name))),
    );
  });

  test("finds nothing wrong before the first start, and makes nothing", async () => {
    const folder = tempFolder();
    const data = join(folder, "data");
    const env = {
      PONTUS_DATA_DIR: data,
      PONTUS_MEDIA_ROOTS: join(folder, "media"),
      PONTUS_PORT: "0",
    };
    const { code, findings } = await examine(env);
    expect([bad(findings), code]).toEqual([[], EXIT.ok]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(BROKEN)("names %s, and nothing else", async (_, breaks, told) => {
    const { home, env } = await newSetUp();
    const { code, findings } = await examine({ ...env, ...(await breaks(home)) });
    expect(bad(findings)).toEqual([expect.stringMatching(told)]);
    expect(code).toBe(EXIT.failed);
  });

  test("names a watched folder that is not there, and a watch that is none", async () => {
    const { home, env } = await newSetUp();
    const PONTUS_WATCH = "folder=in,target=out/{dir}{name}.mp4";
    const { findings } = await examine({ ...env, PONTUS_WATCH });
    expect(bad(findings)).toEqual([
      expect.stringContaining(`watched folder: Cannot look into "${home.media}/in": ENOENT`),
    ]);
    mkdirSync(join(home.media, "in"));
    expect(bad((await examine({ ...env, PONTUS_WATCH })).findings)).toEqual([]);
    expect(bad((await examine({ ...env, PONTUS_WATCH: "folder=in" })).findings)).toEqual([
      "configuration: Cannot use PONTUS_WATCH: watch 1: target is missing",
    ]);
  });

  test("names a disk that is full", async () => {
    const { env } = await newSetUp();
    const folder = tempFolder();
    const unmount = mountTmpfs(folder, "size=1m");
    if (!unmount) return;
    try {
      writeFileSync(join(folder, "full"), Buffer.alloc(1000 << 10));
      const data = join(folder, "data");
      mkdirSync(data);
      const { findings } = await examine({ ...env, PONTUS_DATA_DIR: data });
      expect(bad(findings)).toEqual([
        expect.stringMatching(/^disk: 0.0 MiB are free .* 0.1 MiB are/),
      ]);
    } finally {
      unmount();
    }
  });

  test("names keys that the service does not know", async () => {
    const service = await startService();
    const { env } = await newSetUp();
    const { findings } = await examine({ ...env, PONTUS_URL: service.url });
    await service.stop();
    expect(bad(findings)).toEqual([
      "credentials: The service does not know the keys of client default, or the client is disabled",
    ]);
  });

  test("warns of what may surprise", async () => {
    const { home, env } = await newSetUp();
    chmodSync(join(home.data, "credentials.json"), 0o644);
    const holder = new Database(join(home.data, "pontus.db"));
    holder.run("BEGIN IMMEDIATE");
    const { code, findings } = await examine({ ...env, PONTUS_PROT: "1", PONTUS_FFMPEG: "none" });
    holder.close();
    expect(bad(findings, "warning")).toEqual([
      "configuration: There is no key PONTUS_PROT; did you mean PONTUS_PORT?",
      expect.stringMatching(/^engine: wasm: ffmpeg .*"none"/),
      expect.stringMatching(/^database: Another process holds/),
      expect.stringMatching(/^credentials: Other users may read .*credentials.json"$/),
    ]);
    expect([bad(findings), code]).toEqual([[], EXIT.ok]);
  });

  test("names the hardware encoder that works, and warns of one that does not", async () => {
    const { env } = await newSetUp();
    const missing = await examine({ ...env, PONTUS_HARDWARE: "nvenc" });
    expect([bad(missing.findings), bad(missing.findings, "warning"), missing.code]).toEqual([
      [],
      [expect.stringMatching(/^hardware: .*h264_nvenc fails: Cannot load libcuda.so.1$/)],
      EXIT.ok,
    ]);
    const { ffmpeg: PONTUS_FFMPEG } = fakeDevice();
    const { findings } = await examine({ ...env, PONTUS_FFMPEG, PONTUS_HARDWARE: "auto" });
    expect(findings).toContainEqual({
      check: "hardware",
      state: "ok",
      detail: "nvenc encodes h264, h265",
    });
  });

  test("writes sentences for a person", async () => {
    const { out } = await pontus(["doctor"], { PONTUS_PORT: "many" });
    expect(out).toMatch(/^ok {7}runtime {8}bun .*\nPROBLEM {2}configuration {2}Cannot.*\n {9}-> /);
    expect(out).toEndWith("\n\n1 problem\n");
  });

  test("names a permission that Deno lacks", async () => {
    const { env, home } = await newSetUp();
    const [program = "", ...start] = deno({ "--allow-write": undefined });
    const args = [...start.slice(0, -1), "src/main.cli.deno.ts", "doctor", "--json"];
    const run = promisify(execFile)(program, args, { env: { ...process.env, ...env } });
    const failed = await run.then(
      () => undefined,
      (error: { code: number; stdout: string }) => error,
    );
    expect(failed?.code).toBe(EXIT.failed);
    const { findings } = JSON.parse(failed?.stdout ?? "");
    expect(bad(findings, "warning")).toEqual([
      `data folder: There is no disk, as Deno needs --allow-write=${home.data} for one: tasks are kept in memory`,
    ]);
    // Without a disk the engine is WebAssembly, and keys cannot be written to a file.
    expect(findings.find(({ check }: Finding) => check === "engine").detail).toStartWith("wasm: ");
    expect(bad(findings)).toEqual([
      "credentials: No client is configured, and the keys of a new one cannot be written to a file here",
    ]);
    expect(existsSync(home.data)).toBe(true);
  });
});
