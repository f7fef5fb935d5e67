import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, parse } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { FFMPEG_HINT } from "../src/cli/doctor/ffmpeg-hint.ts";
import { type Credentials, signedRequest } from "../test/fixtures/signed-client.ts";
import { makeClip } from "./demo-clip.ts";
import { hasProgram } from "./run-program.ts";

// Shows the whole service at work, on whichever runtime: talks to it through HTTP alone, as any client does. Runs before
// anything is installed, too: no package may be imported.

/** What is made, by how ffmpeg is run: WebAssembly is several times slower, so it has less to do. */
const TOURS = {
  native: { size: "1920x1080", height: 720, profile: "video_mp4_1280x720_1728kbps" },
  wasm: { size: "1280x720", height: 360, profile: "video_mp4_640x360_520kbps" },
} as const;
const TASK_TIMEOUT_MS = 120_000;
/** Of a file of the viewer's, which may be a whole film. */
const OWN_TIMEOUT_MS = 24 * 3_600_000;
const CALL_TIMEOUT_MS = 10_000;
const POLL_MS = 250;
const BAR_WIDTH = 30;

/** The part of the answer to GET that is shown. */
type Task = {
  readonly task_status: string;
  readonly progress?: { readonly phase: string; readonly percent?: number; readonly speed: number };
  readonly error?: { readonly code: string; readonly message: string; readonly detail?: string };
  readonly targets: readonly { readonly output?: Output }[];
};
type Output = {
  readonly size_bytes: number;
  readonly duration_seconds: number;
  readonly container: string;
  readonly bitrate_bps: number;
  readonly video?: { codec: string; width: number; height: number; framerate: number };
  readonly audio?: { codec: string; channels: number; samplerate_hz: number };
};
/** A service that was started for the demo. */
export type DemoService = {
  readonly url: string;
  readonly logTail: () => string;
  readonly stop: () => Promise<void>;
};

/** Where the demo's service keeps its things, and the file of its viewer's, if there is one. */
export type DemoPlace = { readonly scratch: string; readonly file: string | undefined };

/** The environment of the demo's service, without what would point the demo's service at somebody's real data. */
export function ownEnvironment({ scratch, file }: DemoPlace): Record<string, string | undefined> {
  const roots = [join(scratch, "media"), ...(file === undefined ? [] : [dirname(file)])];
  const inherited = Object.entries(process.env).filter(([key]) => !/^(PONTUS_|PORT$)/.test(key));
  return {
    ...Object.fromEntries(inherited),
    PONTUS_HOST: "127.0.0.1",
    PONTUS_PORT: "0",
    PONTUS_DATA_DIR: join(scratch, "data"),
    PONTUS_MEDIA_ROOTS: roots.join(delimiter),
  };
}

/** Who makes a call, and what ends it. */
type Caller = { readonly credentials: Credentials; readonly signal: AbortSignal };

/** One signed call. A refusal is an error that shows the service's own answer. */
export async function call<T>(
  { credentials, signal }: Caller,
  url: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<T> {
  const request = signedRequest(credentials, url, body ? { body } : {});
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  const answer = await fetch(request, { signal: limit });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Cannot ${request.method} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Shows how far the task is: one line that is drawn over on a terminal, a line a change elsewhere. */
function makeBar(): (task: Task) => void {
  let last = "";
  return ({ task_status: status, progress }) => {
    const percent = status === "SUCCESS" ? 100 : (progress?.percent ?? 0);
    const full = Math.round((percent / 100) * BAR_WIDTH);
    const speed = progress?.speed ? ` ${progress.speed.toFixed(1)} x real time` : "";
    const bar = `${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}`;
    const line = `  [${bar}] ${String(Math.floor(percent)).padStart(3)} %  ${status}${speed}`;
    if (line === last) return;
    last = line;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

async function follow(caller: Caller, url: string, timeoutMs: number): Promise<Task> {
  const show = makeBar();
  const limit = AbortSignal.any([caller.signal, AbortSignal.timeout(timeoutMs)]);
  while (!limit.aborted) {
    const task = await call<Task>(caller, url);
    show(task);
    if (["SUCCESS", "FAILED", "CANCELLED"].includes(task.task_status)) {
      if (process.stdout.isTTY) console.log();
      return task;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot wait longer for the task: not ended within ${timeoutMs / 1000} s`);
}

function describe({ container, video, audio, ...whole }: Output): string {
  const lines = [
    `${container}, ${(whole.size_bytes / 1e6).toFixed(2)} MB, ${whole.duration_seconds.toFixed(2)} s, ` +
      `${Math.round(whole.bitrate_bps / 1000)} kbit/s`,
  ];
  if (video)
    lines.push(`video ${video.codec} ${video.width}x${video.height}, ${video.framerate} frames/s`);
  if (audio)
    lines.push(`audio ${audio.codec}, ${audio.channels} channel(s), ${audio.samplerate_hz} Hz`);
  return lines.map((line) => `  ${line}`).join("\n");
}

/** The file that is transcoded: the viewer's, or a clip that is made. */
async function provideSource(
  { scratch, file }: DemoPlace,
  engine: keyof typeof TOURS,
  signal: AbortSignal,
): Promise<string> {
  if (file !== undefined) return file;
  const { size } = TOURS[engine];
  const source = join(scratch, "media", "clip.mp4");
  console.log(`Making a clip of 10 s, ${size} …`);
  await makeClip(source, { size }, engine, signal);
  return source;
}

/** Submits it, follows the task to its end and says what came out. */
async function transcode(
  place: DemoPlace,
  { url }: DemoService,
  engine: keyof typeof TOURS,
  signal: AbortSignal,
): Promise<void> {
  const { height, profile } = TOURS[engine];
  const { scratch } = place;
  const source = await provideSource(place, engine, signal);
  const limitMs = place.file === undefined ? TASK_TIMEOUT_MS : OWN_TIMEOUT_MS;
  const name = parse(source).name;
  const target = join(scratch, "media", `${name}-${height}p.mp4`);
  const keys = readFileSync(join(scratch, "data", "credentials.json"), "utf8");
  const caller = { credentials: JSON.parse(keys) as Credentials, signal };
  const tasks = `${url}/api/v1/task/transcoding`;
  const { task_id: id } = await call<{ task_id: string }>(caller, tasks, {
    source: { source_url: pathToFileURL(source).href },
    profile_name: profile,
    targets: [{ target_url: pathToFileURL(target).href }],
  });
  console.log(`POST ${tasks}\n  task ${id}, profile ${profile}`);
  const { task_status: status, error, targets } = await follow(caller, `${tasks}/${id}`, limitMs);
  const output = targets[0]?.output;
  if (status !== "SUCCESS" || !output)
    throw new Error(
      `The task ended as ${status}: ${error?.code} ${error?.message} ${error?.detail ?? ""}`,
    );
  console.log(`\n${target}\n${describe(output)}`);
}

/** Keeps the service for whoever sits at a terminal, until Enter. */
async function showDashboard(
  scratch: string,
  { url }: DemoService,
  signal: AbortSignal,
): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.log(`\nThe dashboard of a service is at its address in a browser: here it was ${url}`);
    return;
  }
  const keys = join(scratch, "data", "credentials.json");
  console.log(`\nThe dashboard: ${url}\n  Sign in with the file ${keys}\nEnter ends the demo.`);
  const given = ["data", "end"].map((name) => once(process.stdin, name, { signal }));
  // Stopped by a signal, it ends as well.
  await Promise.race(given).catch(() => undefined);
  process.stdin.destroy();
}

/** The file that the viewer names, if any; where it is none, the demo ends. */
function namedFile(args: readonly string[]): string | undefined {
  const [named] = args.filter((arg) => arg !== "--");
  if (named === undefined) return undefined;
  try {
    return realpathSync(named);
  } catch {
    console.error(`Cannot read ${JSON.stringify(named)}: there is no such file`);
    process.exit(1);
  }
}

/** Runs the demo; where ffmpeg is missing, as the service itself then does: with WebAssembly. */
export async function runDemo(
  start: (place: DemoPlace, signal: AbortSignal) => Promise<DemoService>,
  args: readonly string[],
): Promise<void> {
  const engine = ["ffmpeg", "ffprobe"].every(hasProgram) ? "native" : "wasm";
  if (engine === "wasm")
    console.log(
      "ffmpeg and ffprobe are not in PATH: this runs on ffmpeg as WebAssembly, which is several times slower.\n" +
        `To get them:\n${FFMPEG_HINT}`,
    );
  const stopped = new AbortController();
  // Not once: the terminal and the parent both tell of the same Ctrl-C.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => stopped.abort(new Error(`Stopped by ${name}`)));
  const file = namedFile(args);
  const scratch = mkdtempSync(join(tmpdir(), "pontus-demo-"));
  const place = { scratch, file };
  let service: DemoService | undefined;
  try {
    service = await start(place, stopped.signal);
    console.log(`Service at ${service.url}, scratch folder ${scratch}`);
    await transcode(place, service, engine, stopped.signal);
    await showDashboard(scratch, service, stopped.signal);
    console.log(`\nThe folder stays: ${scratch}`);
  } catch (error) {
    process.exitCode = 1;
    console.error(`\n${stopped.signal.aborted ? "Stopped" : (error as Error).message}`);
    if (service && !stopped.signal.aborted)
      console.error(`\nThe end of the service's log (${scratch}):\n${service.logTail()}`);
  } finally {
    await service?.stop();
    if (stopped.signal.aborted) rmSync(scratch, { recursive: true, force: true });
  }
}
