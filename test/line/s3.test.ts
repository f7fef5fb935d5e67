import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openDatabase } from "../../src/db/database.ts";
import { events } from "../../src/db/schema.ts";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { hang } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import { keysBelow, openUploads } from "../fixtures/s3-storage.ts";
import { startSandboxed } from "../fixtures/sandbox.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  startService,
  type TaskAnswer,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const server = await ofFile(startS3Server());

beforeAll(async () => {
  const film = readFileSync(await clip({ seconds: 2 }));
  const answer = await server.fetch("/in.mp4", { method: "PUT", body: film });
  expect(answer.ok).toBe(true);
});

const settings = (secretAccessKey = server.access.secretAccessKey) => ({
  PONTUS_ATTEMPTS_MAX: "1",
  ...s3EnvOf(server),
  PONTUS_S3_SECRET_ACCESS_KEY: secretAccessKey,
});

const start = (command: readonly string[], secretAccessKey?: string) =>
  startService(newHome(), settings(secretAccessKey), command);

const addressOf = (key: string, bucket = server.bucket) => `s3://${bucket}/${key}`;

const request = (
  source_url: string,
  target_urls: readonly string[],
  profile_name = "video_mp4_320x240_240kbps",
) => ({
  source: { source_url },
  profile_name,
  targets: target_urls.map((target_url) => ({ target_url })),
});

/** Everything below a prefix as files, in a folder of its own. */
async function fetched(prefix: string): Promise<string> {
  const folder = tempFolder();
  for (const key of await keysBelow(server, prefix)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    const answer = await server.fetch(`/${key}`);
    writeFileSync(join(folder, key), Buffer.from(await answer.arrayBuffer()));
  }
  return folder;
}

function probe(path: string): { codecs: string[]; seconds: number } {
  const args = ["-v", "error", "-show_streams", "-show_format", "-of", "json", path];
  const { streams, format } = JSON.parse(execFileSync("ffprobe", args, { encoding: "utf8" })) as {
    streams: { codec_name: string }[];
    format: { duration: string };
  };
  const codecs = new Set(streams.map(({ codec_name }) => codec_name));
  return { codecs: [...codecs].sort(), seconds: Number(format.duration) };
}

const typeOf = async (key: string): Promise<string | null> =>
  (await server.fetch(`/${key}`, { method: "HEAD" })).headers.get("content-type");

/** The keys below a prefix that were written since a request, in the order of the requests. */
const writtenSince = (since: number, prefix: string): readonly string[] =>
  server.asked.slice(since).flatMap((asked) => {
    const [, key = ""] = new RegExp(`^PUT /${server.bucket}/([^?]*)$`).exec(asked) ?? [];
    return key.startsWith(prefix) ? [key] : [];
  });

const countOf = (wanted: string): number => server.asked.filter((one) => one === wanted).length;

const cancel = (service: RunningService, id: string) =>
  service.call(`/api/v1/task/transcoding/${id}/cancel`, { body: {} });

/** All that is told of a task that failed: its answer, the events of the service and its log. */
function toldOf(service: RunningService, task: TaskAnswer): string {
  const database = openDatabase(join(service.home.data, "pontus.db"));
  const told = JSON.stringify(database.orm.select().from(events).all());
  database.close();
  expect(told).toContain(task.error?.detail?.split(": ").at(-1) ?? "no detail");
  expect(service.log()).toContain(task.task_id);
  return JSON.stringify(task) + told + service.log();
}

describe.each([
  ["bun", BUN],
  ["deno", deno()],
] as const)("a task with objects of an S3 store, on %s", (runtime, command) => {
  let service: RunningService;

  beforeAll(async () => {
    service = await start(command);
    copyFileSync(await clip({ seconds: 2 }), join(service.home.media, "in.mp4"));
  });

  afterAll(async () => {
    await service.stop();
  });

  const succeed = async (body: unknown): Promise<TaskAnswer> =>
    service.until(await service.create(body), ({ task_status }) => task_status === "SUCCESS");

  test("makes an object of an object", async () => {
    const key = `${runtime}/file.mp4`;
    const task = await succeed(request(addressOf("in.mp4"), [addressOf(key)]));
    const path = join(await fetched(key), key);
    expect(probe(path)).toEqual({ codecs: ["aac", "h264"], seconds: expect.closeTo(2, 0) });
    expect(task.targets[0]?.output?.size_bytes).toBe(readFileSync(path).length);
    expect(await typeOf(key)).toBe("video/mp4");
  });

  test.each([
    ["video_hls_320x240_240kbps", 0],
    ["video_hls_adaptive", 2],
  ])("makes a set that plays, its entry last, and replaces it: %s", async (profile, playlists) => {
    const prefix = `${runtime}/${profile}`;
    const entry = `${prefix}.m3u8`;
    const body = request(addressOf("in.mp4"), [addressOf(entry)], profile);
    const sets: (readonly string[])[] = [];
    for (let times = 0; times < 2; times += 1) {
      const since = server.asked.length;
      await succeed(body);
      const written = writtenSince(since, prefix);
      expect(written.at(-1)).toBe(entry);
      const inFolder = await keysBelow(server, `${prefix}/`);
      // What was before is gone: nothing lies there but what was written now.
      expect([...inFolder, entry].sort()).toEqual([...written].sort());
      expect(inFolder.filter((key) => key.endsWith(".m3u8"))).toHaveLength(playlists);
      expect(probe(join(await fetched(prefix), entry))).toEqual({
        codecs: ["aac", "h264"],
        seconds: expect.closeTo(2, 0),
      });
      sets.push(inFolder);
    }
    expect(sets[0]?.some((key) => sets[1]?.includes(key))).toBe(false);
    expect(await typeOf(entry)).toBe("application/vnd.apple.mpegurl");
  });

  test("with a bucket that is missing is retried for it alone, and not encoded again", async () => {
    const bucket = `later-${runtime}`;
    const key = `${runtime}/good.mp4`;
    const urls = [addressOf(key, bucket), addressOf(key)];
    const id = await service.create(request("in.mp4", urls));
    const failed = await service.until(id, hasEnded);
    expect(failed).toMatchObject({
      task_status: "FAILED",
      error: { code: "OutputNotSupported" },
      targets: [
        {
          target_status: "FAILED",
          error: {
            code: "OutputNotSupported",
            detail: `Cannot write the target "${urls[0]}": there is no such bucket (NoSuchBucket)`,
          },
        },
        { target_status: "SUCCESS" },
      ],
    });
    expect((await server.fetch("", { method: "PUT" }, bucket)).ok).toBe(true);
    const answer = await service.call(`/api/v1/task/transcoding/${id}/retry`, { body: {} });
    expect(answer.status).toBe(200);
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[0]?.output).toEqual(task.targets[1]?.output);
    const bodies = [server.fetch(`/${key}`, {}, bucket), server.fetch(`/${key}`)];
    const [late, early] = await Promise.all(
      bodies.map(async (body) => Buffer.from(await (await body).arrayBuffer())),
    );
    expect(early?.length).toBe(task.targets[1]?.output?.size_bytes);
    expect(late?.equals(early ?? Buffer.of())).toBe(true);
    expect(countOf(`PUT /${server.bucket}/${key}`)).toBe(1);
    expect(service.log().split(`Plan of task ${id}`)).toHaveLength(2);
    expect(readdirSync(join(service.home.data, "kept"))).toEqual([]);
  });

  test("that is cancelled while it sends leaves no object and no upload", async () => {
    // Noise: large enough for two parts without being long.
    const noise = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=5,noise=alls=100:allf=t"];
    const coded = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "2", "-pix_fmt", "yuv420p"];
    await ffmpeg([...noise, ...coded, join(service.home.media, "large.mp4")]);
    const key = `${runtime}/cancelled.mp4`;
    const isSecondPart = (path: string, query: URLSearchParams) =>
      path === `/${server.bucket}/${key}` && query.get("partNumber") === "2";
    let hasBegun = false;
    server.next(
      ({ path, query }) => isSecondPart(path, query),
      [
        (message, response) => {
          hasBegun = true;
          hang(message, response);
        },
      ],
    );
    const body = request("large.mp4", [addressOf(key)], "video_mp4_transmux");
    const id = await service.create(body);
    await eventually(() => hasBegun || undefined);
    expect(await openUploads(server, key)).toEqual([key]);
    await cancel(service, id);
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    expect(await keysBelow(server, key)).toEqual([]);
    expect(await openUploads(server, key)).toEqual([]);
  });

  test("whose source is missing says so, touches no target and shows no secret", async () => {
    const key = `${runtime}/none.mp4`;
    const id = await service.create(request(addressOf("none.mp4"), [addressOf(key)]));
    const task = await service.until(id, hasEnded);
    expect(task.error).toMatchObject({
      code: "ParameterError",
      detail: `Cannot read the source "${addressOf("none.mp4")}": there is no such object (NoSuchKey)`,
    });
    expect(server.asked.filter((asked) => asked.includes(key))).toEqual([]);
    const { secretAccessKey } = server.access;
    expect(toldOf(service, task)).not.toContain(secretAccessKey);
  });

  test("with a wrong secret says so of source and target, and shows no credentials", async () => {
    const secret = "wrong+secret/key=";
    const stranger = await start(command, secret);
    copyFileSync(await clip({ seconds: 2 }), join(stranger.home.media, "in.mp4"));
    const target = addressOf(`${runtime}/stranger.mp4`);
    const reason = "the access key or its secret is wrong (SignatureDoesNotMatch)";
    const ended = async (body: unknown) => stranger.until(await stranger.create(body), hasEnded);
    const noSource = await ended(request(addressOf("in.mp4"), ["out.mp4"]));
    const noTarget = await ended(request("in.mp4", [target]));
    expect([noSource, noTarget].map(({ error }) => [error?.code, error?.detail])).toEqual([
      ["ParameterError", `Cannot read the source "${addressOf("in.mp4")}": ${reason}`],
      ["OutputNotSupported", `Cannot write the target "${target}": ${reason}`],
    ]);
    const told = toldOf(stranger, noSource) + toldOf(stranger, noTarget);
    for (const credential of [secret, server.access.accessKeyId, "AWS4-HMAC"])
      expect(told).not.toContain(credential);
    await stranger.stop();
  });
});

describe("a task with objects of an S3 store, where nothing may be written", () => {
  test.each([
    ["video_mp4_320x240_240kbps", "sandbox/file.mp4"],
    ["video_hls_320x240_240kbps", "sandbox/set.m3u8"],
  ])("makes what plays: %s", async (profile, key) => {
    const peer = { url: () => server.access.endpoint };
    const service = await startSandboxed(peer, settings());
    const id = await service.create(request(addressOf("in.mp4"), [addressOf(key)], profile));
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(probe(join(await fetched(key.replace(/\..*/, "")), key))).toEqual({
      codecs: ["aac", "h264"],
      seconds: expect.closeTo(2, 0),
    });
    await service.stop();
  });
});
