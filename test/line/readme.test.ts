import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { reportOf } from "../fixtures/browser.ts";
import { noteRunning } from "../fixtures/running.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECONDS = 3;
const SERVER = "npx --yes bun -e '";
/** What a reader types, block after block; both languages have the same blocks (`test/house/texts.test.ts`). */
const BLOCKS = [...readFileSync("README.md", "utf8").matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(
  ([, block = ""]) => block,
);
/** The one block that holds a text. */
const blockWith = (text: string): string => {
  const [block, ...others] = BLOCKS.filter((each) => each.includes(text));
  if (block === undefined || others.length > 0) throw new Error(`not one block has ${text}`);
  return block;
};

let service: RunningService;
/** The folder in which the reader's second terminal is open. */
let folder: string;
let webServer: ChildProcess | undefined;

/** Types blocks into a terminal whose service is on the port that it has here. */
async function type(...blocks: readonly string[]): Promise<string> {
  const script = blocks.join("").replaceAll("http://127.0.0.1:8080", service.url);
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], { cwd: folder });
  return stdout.trim();
}

const idIn = (answer: string): string => (JSON.parse(answer) as { task_id: string }).task_id;

beforeAll(async () => {
  service = await startService(newHome());
  folder = dirname(service.home.data);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  await type(blockWith("testsrc2").replace("-t 20", `-t ${SECONDS}`));
});

afterAll(async () => {
  webServer?.kill();
  await service.stop();
});

describe("the first task of the README", () => {
  const functions = blockWith("call() {");

  test("makes a file", async () => {
    const id = idIn(await type(functions, blockWith("out/sample-720p.mp4")));
    const { targets } = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(targets[0]?.output).toMatchObject({ container: "mp4", video: { width: 1280 } });
    expect(existsSync(join(service.home.media, "out/sample-720p.mp4"))).toBeTrue();
    const states = await type(functions, blockWith("grep -o"));
    expect(states.split("\n")).toContain('"task_status":"SUCCESS"');
  });

  test("is made by the command line, too, which lists what failed", async () => {
    const pontus = (text: string) =>
      blockWith(text).replace(
        "npx --yes bun run pontus",
        `PONTUS_URL=${service.url} ${process.execPath} ${resolve("src/main.cli.bun.ts")}`,
      );
    expect(await type(pontus("out/cli-720p.mp4"))).toContain("video h264 1280x720");
    expect(existsSync(join(service.home.media, "out/cli-720p.mp4"))).toBeTrue();
    const id = idIn(
      await type(functions, blockWith("out/sample-720p.mp4").replace("sample.mp4", "nowhere.mp4")),
    );
    await eventually(async () => hasEnded(await service.task(id)) || undefined);
    const failed = await type(pontus("--status FAILED"));
    expect(failed).toContain(id);
    expect(failed).toContain("nowhere.mp4");
    expect(failed).toContain("default");
  });

  test("makes HLS that its page plays in Chromium, by way of its web server", async () => {
    const id = idIn(await type(functions, blockWith("video_hls_adaptive")));
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const [page = "", server = ""] = blockWith("play.html").split(SERVER);
    await type(page);

    const script = server.trim().replace(/;'$/, "").replace("port: 8081", "port: 0");
    const child = spawn(process.execPath, ["-e", `console.log(String(${script}.url))`], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    webServer = child;
    noteRunning(child);
    const url = await new Promise<string>((done) =>
      child.stdout.once("data", (text) => done(`${text}`.trim())),
    );
    const statusOf = async (path: string) => (await fetch(new URL(path, url))).status;
    expect(await statusOf("play.html")).toBe(200);
    expect(await statusOf("hls.min.js")).toBe(200);
    expect(await statusOf("out/sample.m3u8")).toBe(200);
    expect(await statusOf("nowhere")).toBe(404);

    const html = readFileSync(join(service.home.media, "play.html"), "utf8");
    const report = `<script>document.getElementById("video").addEventListener("ended", ({ target }) =>
      fetch("/report", { method: "POST", body: JSON.stringify({ end: target.currentTime, width: target.videoWidth }) }));
    </script>`;
    const seen = (await reportOf(html + report, service.home.media, {})) as {
      readonly end: number;
      readonly width: number;
    };
    expect(seen.end).toBeGreaterThan(SECONDS - 0.2);
    expect(seen.width).toBeGreaterThan(0);
  });
});
