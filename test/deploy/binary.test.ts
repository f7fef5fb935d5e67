import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../scripts/run-program.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const NAME = "video_mp4_320x240_240kbps";

describe("the program of one file that `bun run build` makes", async () => {
  const folder = tempFolder();
  const program = join(folder, "bin", "pontus");
  const build = await runProgram(process.execPath, ["scripts/build.ts", program], {
    timeoutMs: 60_000,
    output: "collect",
  });
  const empty = join(folder, "empty");
  mkdirSync(empty);

  test("is made, and nothing beside it", () => {
    expect(build).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, "bin"))).toEqual(["pontus"]);
  });

  test("is compiled ahead, so that its start parses nothing", async () => {
    const { output } = await runProgram(program, ["--version"], {
      timeoutMs: 10_000,
      output: "collect",
      // Has the runtime tell where the bytecode of a module is taken from.
      env: { ...process.env, BUN_JSC_verboseDiskCache: "1" },
    });
    expect(output).toContain("Cache hit for sourceCode");
  });

  test("serves the API, its page, the dashboard and a task, in an empty folder", async () => {
    const home = newHome();
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const command = ["/usr/bin/env", "-C", empty, program, "serve"];
    const service = await startService(home, {}, command);
    const page = async (path: string) => {
      const answer = await fetch(new URL(path, service.url), { headers: { Accept: "text/html" } });
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      return answer.text();
    };
    for (const path of ["/", "/docs", "/openapi.json"]) {
      const links = (await page(path)).matchAll(/(?:src|href)="([^"#]+)"/g);
      const linked = [...links].map(([, link = ""]) => new URL(link, new URL(path, service.url)));
      expect({ path, links: linked.length > 3 }).toEqual({ path, links: !path.endsWith(".json") });
      for (const { pathname } of linked) await page(pathname);
    }
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: NAME,
      targets: [{ target_url: "out.mp4" }],
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(await service.stop()).toBe(0);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("has nothing of PostgreSQL in it, and says how it would", async () => {
    const { code, output } = await runProgram(
      program,
      ["migrate-store", join(folder, "pontus.db"), "postgres://localhost/pontus"],
      { timeoutMs: 30_000, output: "collect" },
    );
    expect(output).toContain("Cannot use a PostgreSQL server: this program was built for");
    expect(code).toBe(1);
  });

  test("transcodes a file where there is no ffmpeg", async () => {
    const out = join(folder, "out.mp4");
    const { code, output } = await runProgram(
      program,
      ["transcode", await clip(), out, "--profile", NAME],
      { timeoutMs: 60_000, output: "collect", env: { ...process.env, PATH: "/nowhere" } },
    );
    expect(output).toContain("ffmpeg as WebAssembly");
    expect(code).toBe(0);
    expect(readdirSync(folder)).toContain("out.mp4");
  });
});
