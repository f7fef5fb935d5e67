import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { pathWithPontus } from "../fixtures/command-line.ts";
import { freePort, publish, type RtmpServer, startRtmpServer } from "../fixtures/live-peers.ts";
import { isAllUp } from "../fixtures/live-tasks.ts";
import { noteRunning } from "../fixtures/running.ts";
import { type S3Server, s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const PAGE = readFileSync("docs/cookbook.md", "utf8");
/** What a reader types, by the heading that it stands below. */
const RECIPES = new Map(
  PAGE.split(/^## /m).map((part) => [
    part.slice(0, part.indexOf("\n")),
    [...part.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block),
  ]),
);
const ran = new Set<string>();

let service: RunningService;
let s3: S3Server;
let rtmp: RtmpServer;
/** The folder of the service, in which the reader's terminal is open. */
let folder: string;
let receiverPort: number;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  [s3, rtmp, receiverPort] = await Promise.all([startS3Server(), startRtmpServer(), freePort()]);
  service = await startService(newHome(), s3EnvOf(s3));
  folder = dirname(service.home.data);
  for (const name of ["node_modules", "clients"]) symlinkSync(resolve(name), join(folder, name));
  mkdirSync(join(folder, "bin"));
  symlinkSync(process.execPath, join(folder, "bin", "bun"));
  env = { ...process.env, PATH: `${folder}/bin:${pathWithPontus()}`, PONTUS_URL: service.url };
  const film = [
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=320x180:rate=25",
    "-f",
    "lavfi",
    "-i",
    "sine=440",
  ];
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", ...film, "-t", "8", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
    join(service.home.media, "sample.mp4"),
  ]);
  const sample = readFileSync(join(service.home.media, "sample.mp4"));
  await s3.fetch("/in/sample.mp4", { method: "PUT", body: sample });
});

afterAll(async () => {
  await service.stop();
  await rtmp.kill();
  await s3.close();
});

/** A block, with the addresses that its servers have here, and a picture that is soon encoded. */
const here = (block: string): string =>
  block
    .replaceAll("rtmp://192.168.1.201", rtmp.url)
    .replaceAll("http://127.0.0.1:8080", service.url)
    .replaceAll(/1920x1080_\d+kbps/g, "320x180_200kbps")
    .replaceAll("8082", String(receiverPort))
    .replaceAll("npx --yes bun ", "bun ");

/** Types the blocks of a recipe, all or one of them. */
async function type(recipe: string, at?: number): Promise<string> {
  ran.add(recipe);
  const blocks = RECIPES.get(recipe) ?? [];
  const wanted = at === undefined ? blocks : [blocks[at] ?? ""];
  if (wanted.join("").trim() === "") throw new Error(`there is nothing to type for ${recipe}`);
  const script = wanted.map(here).join("\n");
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], { cwd: folder, env });
  return stdout;
}

const made = (name: string): boolean => existsSync(join(service.home.media, "out", name));

async function probed(name: string, entries: string): Promise<string> {
  const args = ["-v", "error", "-show_entries", entries, "-of", "csv=p=0"];
  const { stdout } = await promisify(execFile)("ffprobe", [
    ...args,
    join(service.home.media, "out", name),
  ]);
  return stdout.trim();
}

test("one live stream in, two out", async () => {
  const name = "One live stream in, two out";
  expect(await type(name, 0)).toContain("sample_1in2out");
  const id = readFileSync(join(folder, "live.id"), "utf8").trim();
  const source = publish(`${rtmp.url}/live/sample_1in2out`, { seconds: 60 });
  await service.until(id, isAllUp);
  await type(name, 1);
  const { task_status: status } = await eventually(async () => {
    const task = await service.task(id);
    return hasEnded(task) ? task : undefined;
  });
  await source.stop();
  expect(status).toBe("CANCELLED");
});

test("S3 to adaptive HLS", async () => {
  expect(await type("S3 to adaptive HLS, with a player page")).toContain("SUCCESS");
  const playlist = await s3.fetch("/out/sample.m3u8");
  expect(await playlist.text()).toContain("#EXT-X-STREAM-INF");
});

test("the sound of a film", async () => {
  await type("The sound of a film");
  expect(await probed("sample.mp3", "stream=codec_name")).toBe("mp3");
  expect(await probed("sample.m4a", "stream=codec_name")).toBe("aac");
});

test("a poster, and thumbnails", async () => {
  await type("A poster, and thumbnails for the seek bar");
  expect(await probed("poster.jpg", "stream=codec_name,width,height")).toBe("mjpeg,1280,720");
  const set = readdirSync(join(service.home.media, "out", "film"));
  expect(set).toContain("thumbnails.vtt");
});

test("a part of a film", async () => {
  await type("A part of a film");
  expect(Number(await probed("part.mp4", "format=duration"))).toBeCloseTo(4, 1);
});

test("another container", async () => {
  await type("Another container, without another encode");
  expect(await probed("sample.ts", "format=format_name")).toBe("mpegts");
});

test("HEVC and AV1, with a plan before", async () => {
  const said = await type("HEVC and AV1");
  expect(said).toContain("libx265");
  const codec = (name: string) =>
    probed(name, "stream=codec_name").then((all) => all.split("\n")[0]);
  expect([await codec("hevc.mp4"), await codec("av1.mp4")]).toEqual(["hevc", "av1"]);
});

test("a webhook receiver", async () => {
  const name = "A webhook receiver";
  const [receiver = ""] = RECIPES.get(name) ?? [];
  const child: ChildProcess = spawn("bash", ["-euc", `${here(receiver)}\nwait`], {
    cwd: folder,
    env,
    stdio: "ignore",
    detached: true,
  });
  noteRunning(child);
  try {
    await eventually(() =>
      fetch(`http://127.0.0.1:${receiverPort}/`).then(
        ({ status }) => status === 401 || undefined,
        () => undefined,
      ),
    );
    await type(name, 1);
    const told = await eventually(() => {
      const lines = readFileSync(join(folder, "events.log"), "utf8").trim().split("\n");
      return lines.length >= 2 ? lines : undefined;
    });
    expect(told.map((line) => line.split(" ").slice(1).join(" "))).toEqual([
      "started RUNNING",
      "ended SUCCESS",
    ]);
  } finally {
    if (child.pid) process.kill(-child.pid);
  }
});

test("messages in Chinese", async () => {
  expect(await type("Messages in Chinese")).toMatch(/[\u4e00-\u9fff]{4}/);
});

test("a host without ffmpeg", async () => {
  await type("A host without ffmpeg, or without a disk");
  expect(existsSync(join(folder, "sample-small.mp4"))).toBeTrue();
});

test("every recipe that has commands was followed", () => {
  const [, ...recipes] = [...RECIPES].filter(([, blocks]) => blocks.length > 0);
  expect(new Set(recipes.map(([name]) => name))).toEqual(ran);
  expect(RECIPES.size).toBe(1 + 12);
  expect(made("told.mp3")).toBeTrue();
});
