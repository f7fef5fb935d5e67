import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { publish } from "../fixtures/live-peers.ts";
import { createLive, isAllUp, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { ffmpegFolders } from "../fixtures/native-engine.ts";
import { deno } from "../fixtures/runtimes.ts";
import {
  hasEnded,
  newHome,
  type RunningService,
  startService,
  type TaskAnswer,
} from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const SANDBOX = {
  PONTUS_SANDBOX: "bwrap",
  PONTUS_SANDBOX_PATHS: ffmpegFolders().join(delimiter),
};
const { service, live } = await startLiveHost(SANDBOX);
afterAll(async () => {
  await service.stop();
});

/** Puts a clip where a service finds it. */
async function withSource({ home }: RunningService): Promise<string> {
  copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
  return "in.mp4";
}

const LARGEST = "video_mp4_8192x8192_800000kbps";

/** The answer to a task of these targets, which is never run. */
async function asked(profileName: string, targets: readonly (string | undefined)[]) {
  const body = {
    source: { source_url: await withSource(service) },
    profile_name: profileName,
    targets: targets.map((profile_name, at) => ({
      target_url: `asked-${profileName}-${at}.mp4`,
      ...(profile_name !== undefined && { profile_name }),
    })),
    // They would be run after all others.
    priority: -10,
  };
  const answer = await service.call("/api/v1/task/transcoding", { body });
  return { status: answer.status, body: (await answer.json()) as never };
}

const refused = (path: string, pixels: number) => ({
  status: 400,
  body: {
    error: {
      code: "InvalidParameterException",
      details: [
        {
          path,
          message: `its outputs have ${pixels} pixels in all, and a task may have 67108864`,
        },
      ],
    },
  },
});

describe("the pixels of a task", () => {
  test("are refused when its targets ask for more than it may have", async () => {
    const other = "video_mp4_8192x4096_800000kbps";
    const answer = await asked("video_mp4_160x120_200kbps", [LARGEST, other]);
    expect(answer).toMatchObject(refused("targets", 8192 * 8192 + 8192 * 4096));
  });

  test("are refused when a profile of the client asks for more", async () => {
    const qlty = { container: "mp4", bitrate: 8_000_000, audio_bitrate: 128_000, height: 8192 };
    const qlties = [
      { ...qlty, width: 8192 },
      { ...qlty, width: 4096 },
    ];
    const body = { profile_name: "huge", qlties };
    expect((await service.call("/api/v1/profile", { body })).status).toBe(200);
    const answer = await asked("huge", [undefined, undefined]);
    expect(answer).toMatchObject(refused("profile_name", 8192 * 8192 + 4096 * 8192));
  });

  test("are allowed for ladders to several targets", async () => {
    const sizes = ["1920x1080_3660kbps", "1280x720_1728kbps", "854x480_800kbps"];
    const targets = [...sizes, ...sizes].map(
      (size, at) => `video_${at < sizes.length ? "mp4" : "flv"}_${size}`,
    );
    const { status, body } = await asked("video_mp4_640x360_520kbps", [...targets, undefined]);
    expect(status).toBe(200);
    const { task_id } = body as { readonly task_id: string };
    await service.call(`/api/v1/task/transcoding/${task_id}/cancel`, { method: "POST" });
  });
});

/** Runs a file through a service, and gives how it ended. */
async function through(host: RunningService) {
  const source = { source_url: await withSource(host) };
  const profile_name = "video_mp4_160x120_200kbps";
  const id = await host.create({ source, profile_name, targets: [{ target_url: "out.mp4" }] });
  return await host.until(id, hasEnded);
}

describe("a service whose ffmpeg is in a sandbox", () => {
  test("transcodes files", async () => {
    const task = await through(service);
    expect([task.task_status, task.error?.detail]).toEqual(["SUCCESS", undefined]);
    expect(task.targets[0]?.output?.video?.codec).toBe("h264");
  });

  test("transcodes live streams, and records them", async () => {
    const publisher = publish(live("in"));
    const targets = [live("out"), "recorded.mp4"];
    const id = await createLive(service, live("in"), targets, "video_mp4_160x120_200kbps");
    // Something of it is recorded by then.
    const isUnderWay = (task: TaskAnswer) =>
      isAllUp(task) && (task.progress?.out_time_seconds ?? 0) > 3;
    await service.until(id, isUnderWay);
    await publisher.stop("SIGTERM");
    const task = await untilEnded(service, id);
    expect([task.task_status, task.error?.detail]).toEqual(["SUCCESS", undefined]);
    expect(existsSync(join(service.home.media, "recorded.mp4"))).toBe(true);
  });

  test("does so on Deno, too", async () => {
    const host = await startService(
      newHome(),
      SANDBOX,
      deno({ "--allow-run": "ffmpeg,ffprobe,prlimit,env" }),
    );
    const task = await through(host);
    expect([task.task_status, task.error?.detail]).toEqual(["SUCCESS", undefined]);
    await host.stop();
  });
});

/** A folder with some of this machine's programs, and no other. */
function pathOf(...names: readonly string[]): string {
  const folder = tempFolder();
  for (const name of names) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\nexec ${Bun.which(name)} "$@"\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

describe("a start", () => {
  const start = (env: Readonly<Record<string, string>>) => {
    const { data, media } = newHome();
    const own = { PORT: "", PONTUS_PORT: "0", PONTUS_DATA_DIR: data, PONTUS_MEDIA_ROOTS: media };
    const all = { ...process.env, ...own, ...env };
    const options = { encoding: "utf8", env: all, timeout: 30_000 } as const;
    return spawnSync(process.execPath, ["src/main.bun.ts"], options);
  };

  test("with a sandbox that cannot be made says why", () => {
    const PATH = pathOf("ffmpeg", "ffprobe", "env", "prlimit");
    const { status, stderr } = start({ PONTUS_SANDBOX: "bwrap", PATH });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Cannot use PONTUS_SANDBOX "bwrap": Cannot make a sandbox: .*; allowed is none, bwrap$/m,
    );
  });

  test("with a sandbox and the engine that needs none is refused", () => {
    const { status, stderr } = start({ PONTUS_SANDBOX: "bwrap", PONTUS_ENGINE: "wasm" });
    expect(status).toBe(1);
    expect(stderr).toContain(
      'Cannot use PONTUS_SANDBOX "bwrap" with PONTUS_ENGINE "wasm": that engine starts no program',
    );
  });

  test("without prlimit says that nothing limits ffmpeg", async () => {
    const host = await startService(newHome(), { PATH: pathOf("ffmpeg", "ffprobe") });
    const { checks } = (await (await fetch(`${host.url}/readyz`)).json()) as {
      readonly checks: { readonly engine: { readonly detail: string } };
    };
    expect(checks.engine.detail).toContain("nothing limits ffmpeg's memory and CPU time");
    expect((await through(host)).task_status).toBe("SUCCESS");
    await host.stop();
  });
});
