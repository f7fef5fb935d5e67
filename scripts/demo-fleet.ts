import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Credentials } from "../test/fixtures/signed-client.ts";
import { type ClipMaker, makeClip } from "./demo-clip.ts";
import { startDemoNode } from "./demo-node.ts";
import { call, type DemoService, ownEnvironment } from "./demo-tour.ts";
import { startMediaStore } from "./fleet/media-store.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { hasProgram } from "./run-program.ts";

// `npx --yes bun run demo:fleet` starts a PostgreSQL server of its own, two API nodes and two workers, and shows which of them runs what, and how both encode one file.

const SERVERS = "/usr/lib/postgresql";
const TASKS = 6;
const TASK_TIMEOUT_MS = 120_000;
const POLL_MS = 200;
/** Long enough to be cut; the clip of the tasks is shorter. */
const FILM = { size: "640x360", seconds: 24 };
const FILM_PROFILE = "video_mp4_640x360_520kbps";
const SLICE_MIN_SECONDS = 20;
const SLICE_SECONDS = 3;

/** What the demo is made of while it runs. */
type Demo = {
  readonly scratch: string;
  readonly url: string;
  /** The store of media, whose files are in a folder. */
  readonly media: string;
  readonly folder: string;
  readonly engine: ClipMaker;
  readonly credentials: Credentials;
  readonly secretKey: string;
  readonly signal: AbortSignal;
  /** Which worker has begun a task last, by its id. */
  readonly ranOn: Map<string, string>;
};

/** The part of the answer to GET that is shown. */
type Task = {
  readonly task_status: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly targets: readonly {
    readonly output?: {
      readonly size_bytes: number;
      readonly video?: { codec: string; width: number; height: number };
    };
  }[];
};

/** Starts one node, which has a folder of its own and shares nothing but the database. */
async function startNode(demo: Demo, role: "api" | "worker", number: number): Promise<DemoService> {
  const name = `${role}-${number}`;
  const folder = join(demo.scratch, name);
  mkdirSync(folder);
  return startDemoNode({
    env: {
      ...ownEnvironment({ scratch: folder, file: undefined }),
      PONTUS_ROLE: role,
      PONTUS_ZONE: name,
      PONTUS_DATABASE_URL: demo.url,
      PONTUS_SECRET_KEY: demo.secretKey,
      PONTUS_CONCURRENCY: "1",
      // The demo's store of media is on this machine.
      PONTUS_EGRESS_ALLOW: "127.0.0.1",
      ...(demo.engine === "native" && {
        PONTUS_SLICE_STORE: demo.media,
        PONTUS_SLICE_MIN_SECONDS: `${SLICE_MIN_SECONDS}`,
        PONTUS_SLICE_SECONDS: `${SLICE_SECONDS}`,
      }),
      ...(role === "api" && { PONTUS_CLIENTS: JSON.stringify([demo.credentials]) }),
    },
    logFile: join(demo.scratch, `${name}.log`),
    signal: demo.signal,
    onLog: (text) => {
      for (const [, id = ""] of text.matchAll(/Task "?([\w-]+)"? begins/g))
        demo.ranOn.set(id, name);
    },
  });
}

async function untilEnded(demo: Demo, url: string): Promise<Task> {
  const limit = AbortSignal.any([demo.signal, AbortSignal.timeout(TASK_TIMEOUT_MS)]);
  while (!limit.aborted) {
    const task = await call<Task>(demo, url);
    if (["SUCCESS", "FAILED", "CANCELLED"].includes(task.task_status)) return task;
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot wait longer for ${url}: not ended within ${TASK_TIMEOUT_MS / 1000} s`);
}

function shown({ task_status: status, error, targets }: Task): string {
  const output = targets[0]?.output;
  if (status !== "SUCCESS" || !output)
    throw new Error(`A task ended as ${status}: ${error?.code} ${error?.message}`);
  const { codec = "no video", width = 0, height = 0 } = output.video ?? {};
  return `${codec} ${width}x${height}, ${(output.size_bytes / 1e6).toFixed(2)} MB`;
}

/** Creates tasks on both API nodes by turns, and reads each from the other one. */
async function share(demo: Demo, nodes: readonly DemoService[]): Promise<void> {
  const { media } = demo;
  const urlOf = (at: number): string => `${nodes[at % nodes.length]?.url}/api/v1/task/transcoding`;
  const ids: string[] = [];
  for (let at = 0; at < TASKS; at += 1) {
    const { task_id: id } = await call<{ task_id: string }>(demo, urlOf(at), {
      source: { source_url: `${media}/clip.mp4` },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: `${media}/out-${at + 1}.mp4` }],
    });
    ids.push(id);
  }
  console.log(`\n${TASKS} tasks, created on both API nodes by turns:\n`);
  console.log("  task                                  created on  ran on    read from  made");
  for (const [at, id] of ids.entries()) {
    const task = await untilEnded(demo, `${urlOf(at + 1)}/${id}`);
    const names = [`api-${(at % 2) + 1}`, demo.ranOn.get(id) ?? "?", `api-${((at + 1) % 2) + 1}`];
    const [on = "", by = "", from = ""] = names;
    console.log(`  ${id}  ${on.padEnd(10)}  ${by.padEnd(8)}  ${from.padEnd(9)}  ${shown(task)}`);
  }
}

/** Has both workers encode one film, and tells from the log of its task who made how much of it. */
async function cut(demo: Demo, api: DemoService): Promise<void> {
  const { media, folder, engine, signal } = demo;
  await makeClip(join(folder, "film.mp4"), FILM, engine, signal);
  const tasks = `${api.url}/api/v1/task/transcoding`;
  const { task_id: id } = await call<{ task_id: string }>(demo, tasks, {
    source: { source_url: `${media}/film.mp4` },
    profile_name: FILM_PROFILE,
    targets: [{ target_url: `${media}/film-out.mp4` }],
  });
  const task = await untilEnded(demo, `${tasks}/${id}`);
  const [all, own, others] = await slicesOf(demo, `${tasks}/${id}/log`);
  const by = demo.ranOn.get(id) ?? "?";
  const other = by === "worker-1" ? "worker-2" : "worker-1";
  console.log(`\nA film of ${FILM.seconds} s, cut into ${all} slices that both workers encode:\n`);
  console.log(`  ${id}  ${by} made ${own} and joined all, ${other} made ${others}: ${shown(task)}`);
}

/** How many slices a task has, how many its own worker made, and how many others did. The log is whole a moment after the end is told. */
async function slicesOf(demo: Demo, url: string): Promise<readonly string[]> {
  const limit = AbortSignal.any([demo.signal, AbortSignal.timeout(TASK_TIMEOUT_MS)]);
  while (!limit.aborted) {
    const told = JSON.stringify(await call<object>(demo, url));
    const counts = /all (\d+) slices: (\d+) made here, (\d+) by other/.exec(told);
    if (counts) return counts.slice(1);
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot find in ${url} how many slices were made: it does not say`);
}

async function run(scratch: string, signal: AbortSignal): Promise<void> {
  const { PostgresServer } = await import("../test/fixtures/postgres-server.ts");
  const stops: (() => Promise<void> | void)[] = [];
  try {
    // Not in the scratch folder, which the user of PostgreSQL cannot enter where the demo is run by root.
    const folder = mkdtempSync(join(tmpdir(), "pg-"));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    const server = await PostgresServer.start(folder, { isApart: true });
    stops.push(() => server.stop());
    console.log(`PostgreSQL on a socket of its own, in ${folder}`);
    const engine: ClipMaker = hasProgram("ffmpeg") && hasProgram("ffprobe") ? "native" : "wasm";
    const store = join(scratch, "media");
    mkdirSync(store);
    await makeClip(join(store, "clip.mp4"), { size: "640x360" }, engine, signal);
    const media = await startMediaStore(store);
    stops.push(media.stop);
    console.log(
      `A clip of 10 s in a store of media at ${media.url}: no node shares a disk with another`,
    );
    const demo: Demo = {
      scratch,
      url: server.url(),
      media: media.url,
      ...{ folder: store, engine },
      credentials: {
        client_code: "demo",
        public_key: randomBytes(16).toString("hex"),
        private_key: randomBytes(16).toString("hex"),
      },
      secretKey: randomBytes(32).toString("hex"),
      signal,
      ranOn: new Map(),
    };
    const api: DemoService[] = [];
    for (const [role, number] of [
      ["api", 1],
      ["api", 2],
      ["worker", 1],
      ["worker", 2],
    ] as const) {
      const node = await startNode(demo, role, number);
      stops.push(node.stop);
      if (role === "api") api.push(node);
      console.log(`  ${role}-${number} at ${node.url}`);
    }
    await share(demo, api);
    // WebAssembly makes no slices for others.
    if (engine === "native" && api[0]) await cut(demo, api[0]);
  } finally {
    // The nodes first, together; then what they use.
    const [removeFolder, stopServer, stopStore, ...nodes] = stops;
    await Promise.all(nodes.map((stop) => stop()));
    await stopStore?.();
    await stopServer?.();
    await removeFolder?.();
  }
}

await inPinnedBun(import.meta.path);
const stopped = new AbortController();
// Not once: the terminal and the parent both tell of the same Ctrl-C.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(name, () => stopped.abort(new Error(`Stopped by ${name}`)));
if (existsSync(SERVERS) && readdirSync(SERVERS).length > 0) {
  const scratch = mkdtempSync(join(tmpdir(), "pontus-"));
  try {
    await run(scratch, stopped.signal);
    console.log("\nAll nodes and the server have ended, and nothing is left of them.");
  } catch (error) {
    process.exitCode = 1;
    console.error(`\n${stopped.signal.aborted ? "Stopped" : (error as Error).message}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else {
  process.exitCode = 1;
  console.error(
    `Cannot start a PostgreSQL server: there is none below ${SERVERS}; on Debian or Ubuntu, install it by: sudo apt-get install postgresql`,
  );
}
