import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { copyFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { aCertificate } from "../fixtures/certificates.ts";
import { clip } from "../fixtures/clips.ts";
import { deno, denoAllowed } from "../fixtures/runtimes.ts";
import { newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const services: RunningService[] = [];

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
});

const engineOf = async ({ url }: RunningService): Promise<string> => {
  const { checks } = (await (await fetch(`${url}/readyz`)).json()) as {
    checks: { engine: { detail: string } };
  };
  return checks.engine.detail;
};

describe("the service on Deno", () => {
  test("runs tasks with its folders alone to read and write, and no sys at all", async () => {
    const home = newHome();
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const folders = [home.data, home.media].map((folder) => folder).join(",");
    const command = deno({
      "--allow-read": `${realpathSync(".")},${folders}`,
      "--allow-write": folders,
      "--allow-net": "127.0.0.1",
      "--allow-sys": undefined,
    });
    const service = await startService(home, { PONTUS_ENGINE: "native" }, command);
    services.push(service);
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_hls_640x360_520kbps",
      targets: [{ target_url: "out/a.m3u8" }],
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect((await fetch(`${service.url}/metrics`)).status).toBe(200);
  });

  test("starts with an authority of one's own", async () => {
    const { authorityPath } = aCertificate();
    const env = { PONTUS_CA_FILE: authorityPath };
    const service = await startService(newHome(), env, deno());
    services.push(service);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });

  test("says on /readyz what it cannot do, and nothing of it with every permission", async () => {
    const limited = await startService(newHome(), {}, deno());
    services.push(limited);
    expect(await engineOf(limited)).toContain("cannot be ended here: Deno takes --allow-all");
    expect(limited.log()).toContain("Engine native is limited");
    const free = await startService(newHome(), {}, denoAllowed());
    services.push(free);
    expect(await engineOf(free)).not.toContain("cannot be ended");
  });

  test("says which permission the programs need, where only they will do", async () => {
    const [program = "", ...args] = deno({ "--allow-run": undefined });
    const { data, media } = newHome();
    const env = { PONTUS_ENGINE: "native", PONTUS_DATA_DIR: data, PONTUS_MEDIA_ROOTS: media };
    const child = spawn(program, args, {
      env: { ...process.env, ...env, PONTUS_PORT: "0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const complaint = await text(child.stderr);
    expect(complaint).toMatch(/^Cannot start "ff\w+": Deno needs --allow-run=ff\w+ for it\n$/);
  });
});
