import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit.ts";
import { clip } from "../fixtures/clips.ts";
import { pontus, type Ran } from "../fixtures/command-line.ts";
import { freeUdpPort } from "../fixtures/live-peers.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

const PROFILE = "video_mp4_640x360_520kbps";

let service: RunningService;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  service = await startService();
  copyFileSync(await clip({ seconds: 2 }), join(service.home.media, "clip.mp4"));
  env = { PONTUS_URL: service.url, PONTUS_DATA_DIR: service.home.data };
});
afterAll(() => service.stop());

const run = (args: readonly string[], isTerminal = false): Promise<Ran> =>
  pontus(args, env, isTerminal);

/** A task that waits as long as nobody sends: its source is a live one. */
const waiting = async (): Promise<string> => {
  const source = `srt://:${await freeUdpPort()}?mode=listener`;
  const { out } = await run(["submit", source, "out/live.mp4", "-p", PROFILE]);
  return out.trim();
};

describe("pontus submit", () => {
  test("makes a task, follows it with a bar and shows what it made", async () => {
    const args = ["submit", "clip.mp4", "out/a.mp4", "-p", PROFILE, "-m", "order=A-17", "--watch"];
    const { code, out, err } = await run(args, true);
    expect(err).toMatch(/^\r.*\[-{30}\].*\r.*\[#{30}\].*\n$/s);
    expect(out).toContain("video h264 640x360");
    expect(out).toContain("metadata order=A-17");
    expect(err).not.toMatch(/RUNNING.*PENDING/s);
    expect(code).toBe(EXIT.ok);
    expect(existsSync(join(service.home.media, "out/a.mp4"))).toBe(true);
  });

  test("sends every option that it takes", async () => {
    const source = `srt://:${await freeUdpPort()}?mode=listener`;
    const options = ["--priority", "-3", "--time-limit", "60", "-m", "a=1", "-m", "b=x=y"];
    const key = ["--idempotency-key", "once"];
    const args = ["submit", source, "out/b.mp4", "out/c.mp4", "-p", PROFILE, ...options, ...key];
    const { out } = await run(args);
    expect(await service.task(out.trim())).toMatchObject({
      source: { source_url: source },
      profile_name: PROFILE,
      targets: [{ target_url: "out/b.mp4" }, { target_url: "out/c.mp4" }],
      priority: -3,
      timeout_seconds: 60,
      metadata: { a: "1", b: "x=y" },
    });
    expect((await run(args)).out).toBe(out);
    await run(["cancel", out.trim()]);
  });

  test("takes a part of the source", async () => {
    const clip = ["--start", "0.5", "--duration", "1"];
    const { out } = await run([
      "submit",
      "clip.mp4",
      "out/d.mp4",
      "-p",
      PROFILE,
      ...clip,
      "--json",
    ]);
    const { task_id: id } = JSON.parse(out);
    expect(await service.task(id)).toMatchObject({
      clip: { start_seconds: 0.5, duration_seconds: 1 },
    });
  });

  test("takes the whole request from a file", async () => {
    const body = join(service.home.data, "body.json");
    writeFileSync(
      body,
      JSON.stringify({ source: { source_url: "no.mp4" }, targets: { target_url: "out/e.mp4" } }),
    );
    const { code, out } = await run(["submit", "--body", body, "--watch"]);
    expect([code, out]).toEqual([EXIT.failed, expect.stringContaining('the source "no.mp4"')]);
  });

  test.each<[string, string[], string]>([
    ["no target", ["clip.mp4"], "a source and a target are needed"],
    ["both forms", ["clip.mp4", "--body", "x"], "Cannot take both --body and a source"],
    ["a body that is not there", ["--body", "/nowhere/x.json"], "ENOENT"],
    ["a body that is not JSON", ["--body", "README.md"], "it is not JSON"],
    ["a priority that is none", ["a", "b", "--priority", "11"], "from -10 to 10"],
    ["a time that is none", ["a", "b", "--start", "soon"], "a number of seconds"],
    ["metadata without a value", ["a", "b", "-m", "order"], "Allowed is key=value"],
  ])("refuses %s", async (_, args, why) => {
    const { code, err } = await run(["submit", ...args]);
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(why)]);
  });

  test("says what the service refuses, field by field", async () => {
    const { code, err } = await run(["submit", "clip.mp4", "", "-p", PROFILE]);
    expect([code, err]).toEqual([EXIT.refused, expect.stringMatching(/\n {2}targets\[0\]/)]);
    const asJson = await run(["submit", "clip.mp4", "out/f.mp4", "-p", "nosuch", "--json"]);
    expect(JSON.parse(asJson.err)).toMatchObject({ error: { code: "NoSuchProfile" } });
  });
});

describe("commands about tasks", () => {
  test("show tells the renditions of a set", async () => {
    const args = ["submit", "clip.mp4", "out/set.m3u8", "-p", "video_hls_adaptive", "--watch"];
    expect((await run(args)).out).toMatch(/^ +rendition h264 \d+x\d+, \d+ kbit\/s$/m);
  });

  test("cancel waits for the end, watch tells it, and retry takes it up again", async () => {
    const id = await waiting();
    expect((await run(["cancel", "--wait", id])).out).toBe(`${id}  CANCELLED\n`);
    const watched = await run(["watch", id, "--json"]);
    expect(watched.code).toBe(EXIT.cancelled);
    expect(JSON.parse(watched.out)).toEqual(await service.task(id));
    const again = await run(["retry", id]);
    expect(again.out).toMatch(new RegExp(`^${id} {2}(PENDING|RUNNING)\n$`));
    expect(JSON.parse((await run(["cancel", id, "--json"])).out)).toMatchObject({ task_id: id });
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
  });

  test("watch ends at Ctrl-C, and leaves the task alone", async () => {
    const id = await waiting();
    const child = spawn(process.execPath, ["src/main.cli.bun.ts", "watch", id], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "close");
    await once(child.stderr, "data");
    child.kill("SIGINT");
    expect(await ended).toEqual([EXIT.interrupted, null]);
    expect((await service.task(id)).task_status).toMatch(/^(PENDING|RUNNING)$/);
    await run(["cancel", "--wait", id]);
  });

  test("retry follows a task to its end", async () => {
    const failed = await run([
      "submit",
      "none.mp4",
      "out/g.mp4",
      "-p",
      PROFILE,
      "--watch",
      "--json",
    ]);
    const [first = "", ...lines] = failed.out.trim().split("\n");
    const { task_id: id } = JSON.parse(first);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ task_id: id, task_status: "FAILED" });
    copyFileSync(await clip({ seconds: 2 }), join(service.home.media, "none.mp4"));
    const again = await run(["retry", "--watch", id]);
    expect(again.code).toBe(EXIT.ok);
    // Its events begin with those of the first attempt.
    expect(again.err.match(/(PENDING|RUNNING)$/gm)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(again.err.match(/fetching$/gm)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  test("list filters, pages, and writes tables, ids and JSON", async () => {
    const table = await run(["list", "--status", "failed"]);
    expect(table.out).toMatch(/^id +status +created +profile +source +error\n\S+ +FAILED +20/);
    expect(table.out).toContain('  Cannot read the source "no.mp4": there is no such file');
    expect((await run(["list"])).out).toMatch(/^id +status +created +profile +source\n/);
    const all = JSON.parse((await run(["list", "--json", "--limit", "1000"])).out);
    const ids = all.map((task: { task_id: string }) => task.task_id);
    expect(ids.length).toBeGreaterThan(3);
    expect((await run(["list", "--ids", "--limit", "2"])).out).toBe(`${ids[0]}\n${ids[1]}\n`);
    expect((await run(["list", "--after", "2100-01-01T00:00:00Z", "--json"])).out).toBe("[]\n");
    expect((await run(["list", "--profile", "other", "--ids"])).out).toBe("");
    expect((await run(["list", "--limit", "0"])).code).toBe(EXIT.usage);
  });

  test("list reads as many pages as it needs", async () => {
    const body = { source: { source_url: "no.mp4" }, profile_name: PROFILE };
    for (let at = 0; at < 101; at += 1)
      await service.create({ ...body, targets: [{ target_url: `out/many/${at}.mp4` }] });
    const { out } = await run(["list", "--ids", "--limit", "101"]);
    expect(new Set(out.trim().split("\n")).size).toBe(101);
  });

  test("show shows a task, and says which is none", async () => {
    const [id = ""] = (await run(["list", "--ids", "--limit", "1"])).out.split("\n");
    expect((await run(["show", id])).out).toStartWith(id);
    // So that it is the same when it is asked for twice.
    const ended = await service.until(id, hasEnded);
    expect(JSON.parse((await run(["show", id, "--json"])).out)).toEqual(ended);
    for (const command of ["show", "watch", "cancel", "retry"]) {
      const { code, err } = await run([command, "nosuch"]);
      expect([code, err]).toEqual([EXIT.refused, expect.stringContaining("NoSuchTask")]);
    }
  });

  test("profiles lists them, and shows one", async () => {
    expect((await run(["profiles"])).out).toMatch(/^video_mp4_1280x720_1728kbps +catalogue/m);
    expect(JSON.parse((await run(["profiles", "--json"])).out).profiles).toBeArray();
    expect(JSON.parse((await run(["profiles", PROFILE])).out)).toMatchObject({
      profile_name: PROFILE,
    });
  });
});
