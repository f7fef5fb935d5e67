import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSqlite } from "#sqlite";
import { clip } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import {
  eventually,
  type Home,
  newHome,
  type RunningService,
  startService,
  type TaskAnswer,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const TASKS = "/api/v1/task/transcoding";
const PROFILE = "audio_mp3_64kbps";
const WATCH = {
  PONTUS_WATCH: `folder=in,profile=${PROFILE},target=out/{dir}{name}.mp3`,
  PONTUS_WATCH_INTERVAL_SECONDS: "1",
  PONTUS_WATCH_SETTLE_SECONDS: "1",
};

type Listed = {
  readonly tasks: readonly (TaskAnswer & { readonly source: { readonly source_url: string } })[];
};

/** A home whose folder is watched. */
function watchedHome(): Home & { readonly inbox: string } {
  const home = newHome();
  const inbox = join(home.media, "in");
  mkdirSync(inbox);
  return { ...home, inbox };
}

async function tasksOf(service: RunningService) {
  const { tasks } = (await (await service.call(`${TASKS}?limit=100`)).json()) as Listed;
  return tasks;
}

const sourcesOf = async (service: RunningService) =>
  (await tasksOf(service)).map(({ source }) => source.source_url).sort();

const untilDone = (service: RunningService, count: number) =>
  eventually(async () => {
    const tasks = await tasksOf(service);
    const done = tasks.filter(({ task_status }) => task_status === "SUCCESS");
    return done.length === count && tasks.length === count ? tasks : undefined;
  });

/** Writes a file in pieces, as a slow copy does. */
async function copySlowly(
  from: string,
  to: string,
  pieces: number,
  pauseMs: number,
): Promise<void> {
  const bytes = readFileSync(from);
  const size = Math.ceil(bytes.length / pieces);
  const handle = await open(to, "w");
  for (let at = 0; at < bytes.length; at += size) {
    await handle.write(bytes.subarray(at, at + size));
    await sleep(pauseMs);
  }
  await handle.close();
}

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
])("a watched folder on %s", (_, command) => {
  test("makes a task of each file once it is whole, and of another that takes its place", async () => {
    const home = watchedHome();
    const short = await clip({ video: false, container: "wav", seconds: 1, audio: "pcm_s16le" });
    const long = await clip({ video: false, container: "wav", seconds: 3, audio: "pcm_s16le" });
    const service = await startService(home, WATCH, command);
    try {
      mkdirSync(join(home.inbox, "a"));
      copyFileSync(short, join(home.media, "elsewhere.wav"));
      symlinkSync(join(home.media, "elsewhere.wav"), join(home.inbox, "link.wav"));
      copyFileSync(short, join(home.inbox, ".hidden.wav"));
      copyFileSync(short, join(home.inbox, "old.wav~"));
      writeFileSync(join(home.inbox, "empty.wav"), "");
      copyFileSync(short, join(home.inbox, "moved.wav.part"));
      await copySlowly(long, join(home.inbox, "a/slow.wav"), 6, 400);
      renameSync(join(home.inbox, "moved.wav.part"), join(home.inbox, "moved.wav"));
      const first = await untilDone(service, 2);
      const [slow] = first.filter(({ source }) => source.source_url === "in/a/slow.wav");
      expect(slow?.targets[0]?.target_url).toBe("out/a/slow.mp3");
      expect(slow?.targets[0]?.output?.duration_seconds).toBeCloseTo(3, 0);
      expect(await sourcesOf(service)).toEqual(["in/a/slow.wav", "in/moved.wav"]);

      copyFileSync(long, join(home.inbox, "moved.wav"));
      const second = await untilDone(service, 3);
      const lengths = second
        .filter(({ source }) => source.source_url === "in/moved.wav")
        .map(({ targets }) => Math.round(targets[0]?.output?.duration_seconds ?? 0));
      expect(lengths.sort()).toEqual([1, 3]);
      expect(service.log()).toContain('"path":"a/slow.wav"');
      await service.stop();

      const again = await startService(home, WATCH, command);
      copyFileSync(short, join(home.inbox, "last.wav"));
      await untilDone(again, 4);
      const metrics = await (await fetch(`${again.url}/metrics`)).text();
      expect(metrics).toContain('pontus_watched_files_total{result="made"} 1');
      expect(await again.stop()).toBe(0);
    } finally {
      await service.stop("SIGKILL");
    }
  });
});

test("the env file of docs/operations.md watches two folders", async () => {
  const [, lines = ""] =
    /^```env\n([\s\S]*?)^```$/m.exec(readFileSync("docs/operations.md", "utf8")) ?? [];
  const env = Object.fromEntries(
    lines
      .trim()
      .split("\n")
      .map((line) => [line.split("=", 1)[0] ?? "", line.replace(/^[^=]*=/, "")]),
  );
  const home = newHome();
  for (const folder of ["in/films/a", "in/sounds"])
    mkdirSync(join(home.media, folder), { recursive: true });
  const film = await clip();
  const service = await startService(home, {
    ...env,
    PONTUS_WATCH_INTERVAL_SECONDS: "1",
    PONTUS_WATCH_SETTLE_SECONDS: "1",
  });
  try {
    for (const name of ["one.cut.mp4", "one.srt"]) copyFileSync(film, join(home.media, name));
    renameSync(join(home.media, "one.srt"), join(home.media, "in/films/a/one.srt"));
    renameSync(join(home.media, "one.cut.mp4"), join(home.media, "in/films/a/one.cut.mp4"));
    copyFileSync(film, join(home.media, "in/sounds/two.mp4"));
    const tasks = await untilDone(service, 2);
    const targets = tasks.flatMap((task) => task.targets);
    expect(targets.map(({ output }) => output?.container).sort()).toEqual(["mp3", "mp4"]);
    expect(targets.map(({ target_url }) => target_url).sort()).toEqual([
      "out/a/one.cut.mp4",
      expect.stringMatching(/^out\/sounds\/[0-9a-f]{12}\.mp3$/),
    ]);
    for (const { target_url, output } of targets)
      expect(statSync(join(home.media, target_url)).size).toBe(output?.size_bytes ?? 0);
  } finally {
    await service.stop("SIGKILL");
  }
});

/** What the store has of tasks. */
function stored(home: Home): {
  readonly tasks: number;
  readonly sources: number;
  readonly files: number;
} {
  const connection = openSqlite(join(home.data, "pontus.db"));
  try {
    const count = (sql: string) => Number(connection.value(sql));
    return {
      tasks: count("SELECT count(*) FROM tasks"),
      sources: count("SELECT count(DISTINCT source_url) FROM tasks"),
      files: count("SELECT count(*) FROM watched_files"),
    };
  } finally {
    connection.close();
  }
}

describe("files of a watched folder", () => {
  test("become one task each, of 1,000 at once, by two instances that are killed and started again", async () => {
    const home = watchedHome();
    const NONE = { ...WATCH, PONTUS_CONCURRENCY: "0", PONTUS_WATCH_SETTLE_SECONDS: "0" };
    const bytes = readFileSync(
      await clip({ video: false, container: "wav", seconds: 1, audio: "pcm_s16le" }),
    ).subarray(0, 2000);
    const one = await startService(home, NONE);
    const two = await startService(home, NONE);
    for (let number = 0; number < 1_000; number++)
      writeFileSync(join(home.inbox, `${number}.wav`), bytes);
    await eventually(() => (stored(home).tasks > 0 ? true : undefined));
    await one.stop("SIGKILL");
    const atKill = stored(home);
    expect(atKill.files).toBe(atKill.tasks);
    const three = await startService(home, NONE);
    await eventually(() => (stored(home).tasks >= 1_000 ? true : undefined));
    await two.stop("SIGKILL");
    const four = await startService(home, NONE);
    // Two looks more of each.
    await sleep(2_500);
    expect(stored(home)).toEqual({ tasks: 1_000, sources: 1_000, files: 1_000 });
    await Promise.all([three.stop(), four.stop()]);
  });

  test("wait while their client may have no more tasks, which is said once", async () => {
    const home = watchedHome();
    const LIMITED = { ...WATCH, PONTUS_CONCURRENCY: "0", PONTUS_CLIENT_PENDING_MAX: "3" };
    const service = await startService(home, LIMITED);
    for (const name of ["a", "b", "c", "d", "e"])
      writeFileSync(join(home.inbox, `${name}.wav`), "some bytes");
    const waiting = () => service.log().match(/its files wait/g)?.length ?? 0;
    await eventually(() => (waiting() > 0 ? true : undefined));
    const [first] = await tasksOf(service);
    expect(await tasksOf(service)).toHaveLength(3);
    await service.call(`${TASKS}/${first?.task_id}/cancel`, { method: "POST" });
    await eventually(async () => ((await tasksOf(service)).length === 4 ? true : undefined));
    expect(waiting()).toBe(1);
    await service.stop();
  });
});

test("a file is refused whose target is that of another file, until that is gone", async () => {
  const home = watchedHome();
  const service = await startService(home, WATCH);
  const sound = await clip({ video: false, container: "wav", seconds: 1, audio: "pcm_s16le" });
  copyFileSync(sound, join(home.inbox, "x.wav"));
  await untilDone(service, 1);
  copyFileSync(sound, join(home.inbox, "x.mov"));
  const refused =
    'Cannot create task of \\"x.mov\\": its target \\"out/x.mp3\\" is that of the file \\"x.wav\\"';
  await eventually(() => (service.log().includes(refused) ? true : undefined));
  expect(await sourcesOf(service)).toEqual(["in/x.wav"]);
  rmSync(join(home.inbox, "x.wav"));
  await untilDone(service, 2);
  expect(
    service
      .log()
      .split("\n")
      .filter((line) => line.includes(refused)),
  ).toHaveLength(1);
  await service.stop();
});

describe("a start with watched folders", () => {
  const refusal = (env: Readonly<Record<string, string>>) =>
    startService(newHome(), { ...WATCH, ...env }).then(
      () => "it starts",
      (error: Error) => error.message,
    );

  test("is refused for a client that there is not, and without a disk", async () => {
    expect(await refusal({ PONTUS_WATCH: `${WATCH.PONTUS_WATCH},client=nobody` })).toContain(
      'Cannot use PONTUS_WATCH: watch 1: client "nobody" is none of PONTUS_CLIENTS, and was not added',
    );
    const clients = JSON.stringify([{ client_code: "default", public_key: "a", private_key: "b" }]);
    expect(await refusal({ PONTUS_DISK: "no", PONTUS_CLIENTS: clients })).toContain(
      "Cannot use PONTUS_WATCH: there is no disk",
    );
  });
});
