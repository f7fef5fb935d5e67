import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Credentials, signedRequest } from "../test/fixtures/signed-client.ts";
import { type ServerOptions, type ServerProcess, startServer } from "./processes.ts";

/** The client of all measurements. */
export const CREDENTIALS: Credentials = {
  client_code: "bench",
  public_key: "pk-bench",
  private_key: "the key of the benchmark",
};

/** The path of the calls on tasks. */
export const TASKS = "/api/v1/task/transcoding";

const READY_MS_MAX = 30_000;

/** Where a service keeps its things. */
export type Home = { readonly data: string; readonly media: string };

/** Fresh folders for a service. */
export function newHome(scratch: string): Home {
  const root = mkdtempSync(join(scratch, "home-"));
  const home = { data: join(root, "data"), media: join(root, "media") };
  mkdirSync(home.data);
  // As where a real service works: the source is there, and the target's folder.
  for (const folder of ["in", "out"]) mkdirSync(join(home.media, folder), { recursive: true });
  writeFileSync(join(home.media, "in", "clip.mp4"), "");
  return home;
}

/** The environment of a service that is measured. */
export const serviceEnv = (home: Home): Record<string, string> => ({
  PORT: "",
  PONTUS_HOST: "127.0.0.1",
  PONTUS_PORT: "0",
  PONTUS_DATA_DIR: home.data,
  PONTUS_MEDIA_ROOTS: home.media,
  // The servers of benchmarks are on this machine.
  PONTUS_EGRESS: "open",
  PONTUS_CLIENTS: JSON.stringify([CREDENTIALS]),
  PONTUS_LOG_FORMAT: "json",
  PONTUS_LOG_LEVEL: "info",
});

/** Starts the real service as `bun run start` does, or by other arguments, and waits until it is ready for work. */
export async function startPontus(
  home: Home,
  env: Readonly<Record<string, string>> = {},
  { args = ["src/main.bun.ts"], ...options }: ServerOptions & { args?: readonly string[] } = {},
): Promise<ServerProcess> {
  const server = await startServer(args, { ...serviceEnv(home), ...env }, options);
  const endMs = performance.now() + READY_MS_MAX;
  while (!(await fetch(`${server.url}/readyz`)).ok) {
    if (performance.now() > endMs) throw new Error("Cannot go on: the service is not ready");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return server;
}

/** Creates a task and gives its id. */
export async function createTask(url: string, body: object): Promise<string> {
  const response = await fetch(signedRequest(CREDENTIALS, `${url}${TASKS}`, { body }));
  const text = await response.text();
  if (response.status !== 200) throw new Error(`Cannot create a task: ${text}`);
  return (JSON.parse(text) as { task_id: string }).task_id;
}

/** What is looked at of a task. */
export type TaskAnswer = {
  readonly task_status: string;
  readonly targets: readonly { readonly watchable?: boolean }[];
  readonly progress?: { readonly percent?: number };
  readonly error?: { readonly detail?: string };
};

/** Reads a task; one that failed is an error. */
export async function readTask(url: string, id: string): Promise<TaskAnswer> {
  const response = await fetch(signedRequest(CREDENTIALS, `${url}${TASKS}/${id}`));
  const task = (await response.json()) as TaskAnswer;
  if (task.task_status === "FAILED") throw new Error(`The task failed: ${task.error?.detail}`);
  return task;
}
