import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { tempFolder } from "../fixtures/clips.ts";
import { DENO_PROGRAM } from "../fixtures/runtimes.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { pg, "pg-boss": pgBoss } = packageJson.peerDependencies;
const TOLD = `Cannot use PONTUS_DATABASE_URL: a PostgreSQL server needs packages that are not installed; install them beside Pontus: bun add pg@${pg} pg-boss@${pgBoss}`;

let installed: string;

/** Has all packages but these beside the service. */
function install(missing: readonly string[]): void {
  const folder = join(installed, "node_modules");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const name of readdirSync("node_modules"))
    if (!missing.includes(name)) symlinkSync(resolve("node_modules", name), join(folder, name));
}

beforeAll(() => {
  installed = tempFolder();
  // A copy, as packages are looked for beside the file that a link leads to.
  for (const name of ["src", "package.json", "deno.json"])
    cpSync(name, join(installed, name), { recursive: true });
});

/** Runs a program of the service over a fleet's database, until it ends by itself. */
function run(program: string, ...args: readonly string[]) {
  const { data, media } = newHome();
  const { status, stdout, stderr } = spawnSync(resolve(program), args, {
    cwd: installed,
    encoding: "utf8",
    timeout: 50_000,
    env: {
      ...process.env,
      PONTUS_DATABASE_URL: "postgres://pontus@127.0.0.1:1/pontus",
      PONTUS_SECRET_KEY: "0123456789abcdef".repeat(4),
      PONTUS_PORT: "0",
      PONTUS_DATA_DIR: data,
      PONTUS_MEDIA_ROOTS: media,
    },
  });
  return { code: status, out: stdout, err: stderr };
}

test.each(["pg and pg-boss", "pg", "pg-boss"])(
  "a node of a fleet does not start without %s, and says what to install",
  (missing) => {
    install(missing.split(" and "));
    const ran = run(process.execPath, "src/main.bun.ts");
    expect(ran).toEqual({ code: 1, out: "", err: `${TOLD}\n` });
  },
);

test("it says so on Deno too", () => {
  install(["pg", "pg-boss"]);
  const ran = run(DENO_PROGRAM, "run", "--no-prompt", "--allow-all", "src/main.deno.ts");
  expect(ran).toEqual({ code: 1, out: "", err: `${TOLD}\n` });
});

test("doctor says so", () => {
  install(["pg", "pg-boss"]);
  const { code, out } = run(process.execPath, "src/main.cli.bun.ts", "doctor");
  expect(code).not.toBe(0);
  expect(out).toContain("bun add pg@");
});

test("a single machine needs none of them", async () => {
  install(["pg", "pg-boss"]);
  const entry = join(installed, "src", "main.bun.ts");
  const service = await startService(newHome(), {}, [process.execPath, entry], "/healthz");
  const answer = await service.call("/api/v1/task/transcoding");
  expect(answer.status).toBe(200);
  expect(await service.stop()).toBe(0);
});
