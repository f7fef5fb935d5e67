import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import pg from "pg";
import { clip } from "../fixtures/clips.ts";
import { type RunningFleet, startFleet } from "../fixtures/fleet.ts";
import { etagOf, type MediaServer, startMediaServer } from "../fixtures/media-server.ts";
import { type S3Server, s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import { eventually, type RunningService, type TaskAnswer } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

let fleet: RunningFleet;
let api: RunningService;
let media: MediaServer;
let s3: S3Server;
let film: Buffer;
let database: pg.Client;
const workers: RunningService[] = [];

beforeAll(async () => {
  [fleet, media, s3] = await Promise.all([startFleet(), startMediaServer(), startS3Server()]);
  const env = {
    ...s3EnvOf(s3),
    PONTUS_SLICE_STORE: `s3://${s3.bucket}/slices`,
    PONTUS_SLICE_MIN_SECONDS: "6",
    PONTUS_SLICE_SECONDS: "3",
  };
  api = await fleet.node("api", env);
  workers.push(...(await Promise.all([1, 2, 3].map(() => fleet.node("worker", env)))));
  film = readFileSync(await clip({ seconds: 18 }));
  database = new pg.Client(fleet.url);
  await database.connect();
});

afterAll(async () => {
  await database?.end();
  await Promise.all([fleet?.stop(), media?.close(), s3?.close()]);
});

const isDone = ({ task_status }: TaskAnswer): boolean => task_status === "SUCCESS";

/** The times and key frames of an output's pictures, and all of its sound: encoders spend their bits otherwise at the ends of slices. */
function streamsOf(name: string): readonly string[] {
  const probe = (stream: string, entries: string) =>
    execFileSync("ffprobe", [
      ...["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"],
      ...["-show_data_hash", "md5", join(fleet.media, name)],
    ]).toString();
  return [
    probe("v", "packet=pts_time,flags").split("\n").toSorted().join("\n"),
    probe("a", "packet=pts_time,duration_time,data_hash"),
  ];
}

type Gate = { readonly held: () => number; readonly open: () => void };

/** Puts the film on a server that gives it whole at once, but holds parts of it back until the gate is opened: others' slices wait. */
function gated(path: string, isOpen = false): Gate {
  const { promise, resolve: open } = Promise.withResolvers<void>();
  if (isOpen) open();
  let held = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const head = { etag: etagOf(film), "accept-ranges": "bytes" };
    if (first === undefined)
      return void response.writeHead(200, { ...head, "content-length": film.length }).end(film);
    held += 1;
    await promise;
    const piece = film.subarray(Number(first), last === "" ? undefined : Number(last) + 1);
    response.writeHead(206, {
      ...head,
      "content-length": piece.length,
      "content-range": `bytes ${first}-${Number(first) + piece.length - 1}/${film.length}`,
    });
    response.end(piece);
  };
  media.next(path, [(request, response) => void answer(request, response)], "stays");
  return { held: () => held, open };
}

const create = (
  path: string,
  target: string,
  profile = "video_mp4_320x240_500kbps",
): Promise<string> =>
  api.create({
    source: { source_url: media.url(path) },
    profile_name: profile,
    targets: [{ target_url: target }],
  });

type Log = {
  readonly attempts: readonly { readonly attempt: number; readonly decisions: readonly string[] }[];
};

/** What the log of a task's attempt says was done; it may come a moment after the end of the task. */
const told = (id: string, attempt = 1): Promise<string> =>
  eventually(async () => {
    const answer = await api.call(`/api/v1/task/transcoding/${id}/log`);
    const { attempts } = (await answer.json()) as Log;
    const own = attempts.find((one) => one.attempt === attempt);
    return own && JSON.stringify(own);
  });

/** How many slices an attempt had made by whom; its log is whole a moment after its end is told. */
const counted = (id: string, attempt = 1) =>
  eventually(async () => {
    const counts =
      /all (\d+) slices: (\d+) made here, (\d+) by other workers, (\d+) by an earlier/.exec(
        await told(id, attempt),
      );
    if (!counts) return undefined;
    const [all = 0, own = 0, helpers = 0, found = 0] = counts.slice(1).map(Number);
    return { all, own, helpers, found };
  });

const stored = async (): Promise<readonly string[]> =>
  [...(await (await s3.fetch("?list-type=2&prefix=slices/")).text()).matchAll(/<Key>([^<]*)/g)].map(
    ([, key]) => key ?? "",
  );

/** What is left of slices, in the queue, in scratch folders and in the store. */
async function left(): Promise<readonly string[]> {
  const { rows } = await database.query(
    `select 'part ' || name || ' ' || state as left from pontus_slices.job union all
     select 'step ' || task_id from sliced_steps union all select 'run ' || part from slice_runs`,
  );
  // Of a worker that was killed, the next start on its machine clears up.
  const scratch = workers
    .filter(({ pid }) => existsSync(`/proc/${pid}`))
    .flatMap(({ home }) =>
      readdirSync(join(home.data, "scratch"), { recursive: true, encoding: "utf8" }),
    )
    .filter((name) => name.includes("-slice-"));
  return [...rows.map((row) => String(row.left)), ...scratch, ...(await stored())];
}

/** Waits until nothing is left of any slice. */
async function untilNothingIsLeft(): Promise<void> {
  const isNone = async () => ((await left()).length === 0 ? [] : undefined);
  expect(await eventually(isNone).catch(left)).toEqual([]);
}

test("one file is made by three workers as by one, though a slice is spoilt in the store", async () => {
  gated("/shared.mp4", true);
  s3.next(
    ({ method, path }) => method === "GET" && path.endsWith(".part"),
    [(_, response) => void response.writeHead(200, { "content-length": 4 }).end("odds")],
  );
  const shared = await create("/shared.mp4", "shared.mp4");
  await api.until(shared, isDone);
  const { all, own, helpers } = await counted(shared);
  expect({ all, made: own + helpers }).toEqual({ all: 5, made: 5 });
  expect(helpers).toBeGreaterThan(0);
  expect(await told(shared)).toContain("is not in the store as it was made: once more");
  // Its server names no version of it, so nobody could tell whether he reads the same.
  media.next("/whole.mp4", [
    (_, response) => void response.writeHead(200, { "content-length": film.length }).end(film),
  ]);
  const whole = await create("/whole.mp4", "whole.mp4");
  await api.until(whole, isDone);
  expect(await told(whole)).not.toContain("slices");
  expect(streamsOf("shared.mp4")).toEqual(streamsOf("whole.mp4") as string[]);
  await untilNothingIsLeft();
});

test("two passes are made by three workers as by one, by the analysis of the one that runs the task", async () => {
  gated("/twice.mp4", true);
  const qlty = { container: "mp4", bitrate: 200_000, rc_mode: "2passvbr", audio_bitrate: 64_000 };
  const profile = { profile_name: "twice", description: "two passes", qlties: [qlty] };
  expect((await api.call("/api/v1/profile", { body: profile })).status).toBe(200);
  const shared = await create("/twice.mp4", "twice.mp4", "twice");
  await api.until(shared, isDone);
  const { all, own, helpers } = await counted(shared);
  expect({ all, made: own + helpers }).toEqual({ all: 5, made: 5 });
  expect(helpers).toBeGreaterThan(0);
  const log = await told(shared);
  expect(log).toContain("Has made its first pass");
  expect(log).toContain("By the first pass, its slices get");
  expect(streamsOf("twice.mp4")[0]).toEqual(streamsOf("shared.mp4")[0] ?? "");
  const bits = statSync(join(fleet.media, "twice.mp4")).size * 8;
  expect(bits).toBeGreaterThan(18 * 200_000 * 0.9);
  await untilNothingIsLeft();
});

type Worker = {
  readonly worker_id: string;
  readonly is_this: boolean;
  readonly slices?: readonly { readonly task_id: string; readonly slice: number }[];
};

/** What a worker says of itself. */
async function standing(worker: RunningService): Promise<Worker | undefined> {
  const answer = await worker.call("/api/v1/admin/workers");
  const { workers: all } = (await answer.json()) as { workers: readonly Worker[] };
  return all.find(({ is_this }) => is_this);
}

/** Waits until others are in the midst of slices that do not come, and all else is made. @param all - how many parts there are @returns who they are, and who runs the task */
async function untilHeld(id: string, gate: Gate, all = 5) {
  await eventually(async () => {
    const { rows } = await database.query(
      "select (select count(*) from pontus_slices.job where state = 'completed') as made, (select count(*) from slice_runs) as running",
    );
    const [made, running] = [Number(rows[0].made), Number(rows[0].running)];
    return running > 0 && gate.held() >= running && made + running === all ? true : undefined;
  });
  const { rows } = await database.query("select worker_id from tasks where id = $1", [id]);
  const standings = await Promise.all(
    workers.map(async (worker) => ({ worker, told: await standing(worker) })),
  );
  const lead = standings.find(({ told: one }) => one?.worker_id === rows[0].worker_id);
  const helpers = standings.filter(({ told: one }) => one?.slices);
  if (!lead) throw new Error("nobody runs the task");
  expect(helpers).not.toContain(lead);
  for (const { told: one } of helpers)
    expect(one?.slices).toEqual([{ task_id: id, slice: expect.any(Number) }]);
  return { lead: lead.worker, helpers: helpers.map(({ worker }) => worker) };
}

test("a plan tells of the slices, or why there are none", async () => {
  gated("/planned.mp4", true);
  const all = await fleet.node("all", {
    PONTUS_SLICE_STORE: join(fleet.media, "slices"),
    PONTUS_SLICE_MIN_SECONDS: "6",
    PONTUS_SLICE_SECONDS: "3",
  });
  const planOf = async (more: object) => {
    const answer = await all.call("/api/v1/task/transcoding/plan", {
      body: {
        source: { source_url: media.url("/planned.mp4") },
        profile_name: "video_mp4_320x240_500kbps",
        targets: [{ target_url: "planned.mp4" }],
        ...more,
      },
    });
    const { steps } = (await answer.json()) as {
      steps: readonly { readonly slice?: number; readonly whole?: string }[];
    };
    return steps;
  };
  const slices = (await planOf({})).flatMap(({ slice }) => slice ?? []);
  expect(slices).toEqual([0, 1, 2, 3, 4]);
  const [clipped] = await planOf({ clip: { start_seconds: 1 } });
  expect(clipped?.whole).toBe("only a clip of the source is wanted");
  await all.stop();
});

test("a task that is cancelled leaves no slice anywhere, on no worker", async () => {
  const gate = gated("/cancelled.mp4");
  const id = await create("/cancelled.mp4", "cancelled.mp4");
  await untilHeld(id, gate);
  expect((await stored()).length).toBeGreaterThanOrEqual(3);
  await api.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
  await api.until(id, ({ task_status }) => task_status === "CANCELLED");
  await untilNothingIsLeft();
  gate.open();
});

test("a task in two passes whose worker is killed, and a helper too, goes on with the first pass and the slices that are made", async () => {
  const gate = gated("/killed.mp4");
  const id = await create("/killed.mp4", "killed.mp4", "twice");
  const { lead, helpers } = await untilHeld(id, gate, 6);
  await Promise.all([lead.stop("SIGKILL"), helpers[0]?.stop("SIGKILL")]);
  gate.open();
  expect(await api.until(id, isDone)).toMatchObject({ attempt: 2 });
  const { all, own, helpers: others, found } = await counted(id, 2);
  expect(await told(id, 2)).toContain("Goes on with an earlier first pass");
  // The one that the helper was in the midst of is made again; what another helper was in the midst of is not.
  expect({ all, made: own + others + found }).toEqual({ all: 5, made: 5 });
  expect({ own, isMostFound: found >= 3 }).toEqual({ own: 1, isMostFound: true });
  expect(streamsOf("killed.mp4")).toEqual(streamsOf("twice.mp4") as string[]);
  await untilNothingIsLeft();
});
