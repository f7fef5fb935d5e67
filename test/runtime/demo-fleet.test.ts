import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../scripts/run-program.ts";
import { eventually } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const DEMO = ["scripts/demo-fleet.ts", "--installed", "0"];

/** Where the demo puts all that it makes. PostgreSQL's own user enters it, and names of sockets are short. */
function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "d-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The processes that were started with a folder as theirs for temporary files. */
const runningIn = (folder: string): readonly string[] =>
  globSync("/proc/[0-9]*/environ").filter((path) => {
    try {
      return readFileSync(path, "utf8").includes(`TMPDIR=${folder}`);
    } catch {
      return false;
    }
  });

test("the demo of a fleet has two workers run what both API nodes take, and one file together, and leaves nothing", async () => {
  const folder = place();
  const { code, output } = await runProgram(process.execPath, DEMO, {
    timeoutMs: 110_000,
    output: "collect",
    env: { ...process.env, TMPDIR: folder },
  });
  const rows = [
    ...output.matchAll(/^ {2}[0-9a-f-]{36} +(api-\d) +(\S+) +(api-\d) +h264 320x240, /gm),
  ];
  expect({ code, output, rows: rows.length }).toEqual({ code: 0, output, rows: 6 });
  for (const [, on, , from] of rows) expect(from).not.toBe(on ?? "");
  expect(new Set(rows.map(([, on]) => on))).toEqual(new Set(["api-1", "api-2"]));
  expect(new Set(rows.map(([, , by]) => by))).toEqual(new Set(["worker-1", "worker-2"]));
  const film =
    /cut into (\d+) slices[\s\S]*(worker-\d) made (\d+) and joined all, (worker-\d) made (\d+): h264 640x360, /;
  const [, all, by, own, other, others] = film.exec(output) ?? [];
  expect(new Set([by, other])).toEqual(new Set(["worker-1", "worker-2"]));
  expect([Number(own) > 0, Number(others) > 0]).toEqual([true, true]);
  expect(Number(own) + Number(others)).toBe(Number(all));
  expect(runningIn(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [
    "while it makes its server",
    (_: string, folder: string) => readdirSync(folder).some((name) => name.startsWith("pg-")),
  ],
  ["while tasks run", (shown: string) => shown.includes("created on both")],
])("the demo of a fleet ends in order at Ctrl-C %s", async (_, isTime) => {
  const folder = place();
  // So that no shell (SHELL's, or sh) is between, which may end by the signal itself.
  const command = ["exec", process.execPath, ...DEMO].join(" ");
  const env = { ...process.env, TMPDIR: folder };
  // util-linux's, which gives a program a terminal.
  const child = spawn("script", ["-qec", command, "/dev/null"], { env, timeout: 110_000 });
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const ended = once(child, "close");
  await eventually(() => isTime(shown, folder) || undefined);
  child.stdin.write("\x03");
  const [code] = await ended;
  expect({ code, shown }).toEqual({ code: 1, shown: expect.stringContaining("Stopped") });
  expect(shown).not.toContain("Killed");
  expect(runningIn(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test("the demo of a fleet says how to get PostgreSQL where there is none", async () => {
  const folder = place();
  const hidden = ["--dev-bind", "/", "/", "--tmpfs", "/usr/lib/postgresql"];
  const { code, output } = await runProgram("bwrap", [...hidden, process.execPath, ...DEMO], {
    timeoutMs: 60_000,
    output: "collect",
    env: { ...process.env, TMPDIR: folder },
  });
  expect(output).toContain("sudo apt-get install postgresql");
  expect(code).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});
