import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../scripts/run-program.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";
import { newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

test("the program that `bun run build --fleet` makes uses a server, by packages that are in it", async () => {
  const folder = tempFolder();
  const program = join(folder, "pontus");
  const build = await runProgram(process.execPath, ["scripts/build.ts", program, "--fleet"], {
    timeoutMs: 60_000,
    output: "collect",
  });
  expect(build).toMatchObject({ code: 0 });
  const place = mkdtempSync(join(tmpdir(), "pg-"));
  const server = await PostgresServer.start(place);
  onTestFinished(async () => {
    await server.stop();
    rmSync(place, { recursive: true, force: true });
  });
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "in.mp4"));
  const command = ["/usr/bin/env", "-C", folder, program, "serve"];
  const service = await startService(home, { PONTUS_DATABASE_URL: server.url() }, command);
  const id = await service.create({
    source: { source_url: "in.mp4" },
    profile_name: "video_mp4_transmux",
    targets: [{ target_url: "out.mp4" }],
  });
  await service.until(id, ({ task_status }) => task_status === "SUCCESS");
  expect(await server.query("select id, status from tasks")).toEqual([{ id, status: "SUCCESS" }]);
  expect(await service.stop()).toBe(0);
});
