import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Runs the service to its end, which is expected to come at once. */
function run(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const home = newHome();
  const { status, stdout, stderr } = spawnSync(process.execPath, ["src/main.bun.ts", ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      PORT: "",
      PONTUS_PORT: "0",
      PONTUS_DATA_DIR: home.data,
      PONTUS_MEDIA_ROOTS: home.media,
      ...env,
    },
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

describe("a start that cannot succeed", () => {
  test("on a port that another service has ends with a sentence, and the other is not disturbed", async () => {
    const first = await startService();
    const { port } = new URL(first.url);
    const second = run({ PONTUS_PORT: port });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(port);
    expect(second.stderr).not.toContain("    at ");
    for (let call = 0; call < 10; call++)
      expect((await first.call("/api/v1/profiles")).status).toBe(200);
    await first.stop();
  });

  test("where the engine that is asked for is missing names it", () => {
    const { status, stderr } = run({ PONTUS_ENGINE: "native", PONTUS_FFMPEG: "no-such-ffmpeg" });
    expect(status).toBe(1);
    expect(stderr).toContain("no-such-ffmpeg");
    expect(stderr).not.toContain("    at ");
  });

  test("with a wrong value names the key, the value and what is allowed", () => {
    const { status, stderr } = run({ PONTUS_PORT: "70000", PONTUS_LOG_LEVEL: "loud" });
    expect(status).toBe(1);
    expect(stderr).toContain('PONTUS_PORT "70000": allowed is a whole number from 0 to 65535');
    expect(stderr).toContain("PONTUS_LOG_LEVEL");
  });
});

describe("the command", () => {
  test("tells its version and its use, and refuses what it does not know", () => {
    expect(run({}, ["--version"]).stdout).toMatch(/^pontus \d+\.\d+\.\d+\n$/);
    expect(run({}, ["--help"]).stdout).toContain("PONTUS_");
    const wrong = run({}, ["--port=1"]);
    expect([wrong.status, wrong.stderr.includes("--port")]).toEqual([2, true]);
  });
});
