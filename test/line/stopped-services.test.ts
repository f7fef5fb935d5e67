import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { segmentsOf } from "../../src/manifest/write/set-playlists.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { type Answer, startMediaServer } from "../fixtures/media-server.ts";
import { isStopped } from "../fixtures/process-facts.ts";
import { s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import {
  eventually,
  type Home,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const SECONDS = 4;
/** Of the set that stands at the target before: a zombie that clears up after it takes long enough to be met. */
const STRANGERS = 5_000;

const undo: (() => unknown)[] = [];
let home: Home;

beforeEach(async () => {
  home = newHome();
  copyFileSync(await clip({ seconds: SECONDS }), join(home.media, "in.mp4"));
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(env: Readonly<Record<string, string>>): Promise<RunningService> {
  const service = await startService(home, { PONTUS_LEASE_SECONDS: "1", ...env });
  undo.push(() => service.stop("SIGKILL"));
  return service;
}

const request = (target_url: string) => ({
  source: { source_url: "in.mp4" },
  profile_name: "video_hls_320x240_240kbps",
  targets: [{ target_url }],
});

const stop = async (pid: number): Promise<void> => {
  process.kill(pid, "SIGSTOP");
  await eventually(() => isStopped(pid) || undefined);
};

const playlistOf = (names: readonly string[]): string =>
  `#EXTM3U\n${names.map((name) => `#EXTINF:1.0,\n${name}\n`).join("")}#EXT-X-ENDLIST\n`;

/**
 * Has another service finish the task of one that is stopped, lets that one go on until it has heard that its lease is lost, and
 * plays the set: all that its playlist names is there, and is as long as the source.
 */
async function outlive(
  zombie: RunningService,
  id: string,
  {
    env = {},
    entry,
    read,
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly entry: string;
    readonly read: (name: string) => Promise<Uint8Array>;
  },
): Promise<void> {
  const other = await start(env);
  const task = await other.until(id, ({ task_status }) => task_status === "SUCCESS");
  expect(task.attempt).toBe(2);
  process.kill(zombie.pid, "SIGCONT");
  await eventually(() => zombie.log().includes(`Run of task ${id} ended: lease_lost`) || undefined);
  const folder = tempFolder();
  const playlist = join(folder, entry);
  const write = async (name: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), await read(name));
  };
  await write(entry);
  const segments = segmentsOf(readFileSync(playlist, "utf8"));
  expect(segments.length).toBeGreaterThan(0);
  for (const segment of segments) await write(decodeURIComponent(segment));
  const args = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", playlist];
  expect(Number(execFileSync("ffprobe", args, { encoding: "utf8" }))).toBeCloseTo(SECONDS, 0);
  execFileSync("ffmpeg", ["-v", "error", "-xerror", "-i", playlist, "-f", "null", "-"]);
  expect((await zombie.task(id)).task_status).toBe("SUCCESS");
}

describe("a service that is stopped for longer than its lease, right after its playlist was seen", () => {
  test("leaves the files of the one that finished its task", async () => {
    const zombie = await start({});
    const out = join(home.media, "out");
    const strangers = (entry: string) =>
      readdirSync(join(out, entry.replace(".m3u8", ""))).filter((name) => name.startsWith("other"));
    /** Stops the service while it clears up after the set that was there; undefined where it was too quick. */
    const stopped = async (entry: string): Promise<string | undefined> => {
      const folder = entry.replace(".m3u8", "");
      const names = Array.from({ length: STRANGERS }, (_, number) => `other-${number}.ts`);
      mkdirSync(join(out, folder), { recursive: true });
      for (const name of names) writeFileSync(join(out, folder, name), "");
      const playlist = join(out, entry);
      writeFileSync(playlist, playlistOf(names.map((name) => `${folder}/${name}`)));
      const { ino } = statSync(playlist);
      const id = await zombie.create(request(`out/${entry}`));
      while (statSync(playlist).ino === ino) await new Promise(setImmediate);
      await stop(zombie.pid);
      if (strangers(entry).length > 0) return id;
      process.kill(zombie.pid, "SIGCONT");
      return undefined;
    };
    let tries = 0;
    const { id, entry } = await eventually(async () => {
      const name = `${tries}.m3u8`;
      tries += 1;
      const met = await stopped(name);
      return met === undefined ? undefined : { id: met, entry: name };
    });
    const left = strangers(entry).length;
    await outlive(zombie, id, { entry, read: async (name) => readFileSync(join(out, name)) });
    // It may have been about to remove one.
    expect(strangers(entry).length).toBeGreaterThanOrEqual(left - 1);
    expect(existsSync(join(home.data, "kept", id))).toBe(false);
  });

  test("leaves what the one that finished its task has sent by HTTP", async () => {
    const server = await startMediaServer();
    undo.push(() => server.close());
    const zombie = await start({});
    server.next("/a.m3u8", [
      stoppingAt(zombie.pid, async (bytes) => void server.files.set("/a.m3u8", bytes)),
    ]);
    const id = await zombie.create(request(server.url("/a.m3u8")));
    await eventually(() => isStopped(zombie.pid) || undefined);
    const read = async (name: string) => server.files.get(`/${name}`) ?? missing(name);
    await outlive(zombie, id, { entry: "a.m3u8", read });
  });

  test("leaves what the one that finished its task has sent to a bucket", async () => {
    const server = await startS3Server();
    undo.push(() => server.close());
    const put = async (name: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> => {
      const answer = await server.fetch(`/${name}`, { method: "PUT", body });
      if (!answer.ok) throw new Error(`not taken: ${name}`);
    };
    const former = ["a/pontus.former-1.00000.ts", "a/pontus.former-1.00001.ts"];
    for (const name of former) await put(name, "");
    await put("a.m3u8", playlistOf(former));
    const zombie = await start(s3EnvOf(server));
    server.next(
      ({ method, path }) => method === "PUT" && path.endsWith("/a.m3u8"),
      [stoppingAt(zombie.pid, (bytes) => put("a.m3u8", new Uint8Array(bytes)))],
    );
    const id = await zombie.create(request(`s3://${server.bucket}/a.m3u8`));
    await eventually(() => isStopped(zombie.pid) || undefined);
    const read = async (name: string) => {
      const answer = await server.fetch(`/${name}`);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : missing(name);
    };
    await outlive(zombie, id, { env: s3EnvOf(server), entry: "a.m3u8", read });
  });
});

const missing = (name: string): never => {
  throw new Error(`not there: ${name}`);
};

/** Takes a file, and stops the service that has sent it before it hears so. */
const stoppingAt =
  (pid: number, take: (bytes: Buffer) => Promise<void>): Answer =>
  (message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", async () => {
      await take(Buffer.concat(chunks));
      await stop(pid);
      response.writeHead(200).end();
    });
  };
