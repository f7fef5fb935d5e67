import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { text } from "node:stream/consumers";
import { clip } from "../fixtures/clips.ts";
import { type MediaServer, startMediaServer } from "../fixtures/media-server.ts";
import { freePort, inSandbox, sandboxFlags, startSandboxed } from "../fixtures/sandbox.ts";
import { hasEnded, newHome, startService, type TaskAnswer } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let server: MediaServer;

beforeAll(async () => {
  server = await startMediaServer();
  server.files.set("/in.mp4", readFileSync(await clip()));
});

afterAll(() => server.close());

const request = (source_url: string, target: string) => ({
  source: { source_url },
  profile_name: "video_mp4_transmux",
  targets: [{ target_url: server.url(target) }],
});

const isDone = ({ task_status }: TaskAnswer) => task_status === "SUCCESS";

describe("the service on Deno without a permission", () => {
  const complaints = [
    [
      "--allow-net",
      /^Cannot listen at 127\.0\.0\.1:\d+: Deno needs --allow-net=127\.0\.0\.1:\d+ for it\n$/,
    ],
    [
      "--allow-env",
      /^Cannot read the environment, where the configuration is: Deno needs --allow-env for it\n$/,
    ],
    [
      "--allow-read",
      /^Cannot load the WebAssembly core: .*: Deno needs --allow-read=\S+ for it\n$/,
    ],
  ] as const;
  test.each(complaints)("%s says in one line what for", async (missing, complaint) => {
    const port = await freePort();
    const { [missing]: _, ...flags } = sandboxFlags(port, server);
    const { command, env } = inSandbox(port, flags);
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      env: { ...process.env, ...env, PONTUS_LOG_FORMAT: "json" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    expect(await text(child.stderr)).toMatch(complaint);
    expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(1);
  });

  test("to write has no disk, and needs a client to be named", async () => {
    const port = await freePort();
    const { command, env } = inSandbox(port, sandboxFlags(port, server));
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      env: { ...process.env, ...env, PONTUS_CLIENTS: "" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    expect(await text(child.stderr)).toMatch(
      /^Cannot make a client, .*: name one in PONTUS_CLIENTS\n$/,
    );
  });

  test.each([
    ["to run programs", { "--allow-write": "", "--deny-run": "" }, "there is no native one"],
    [
      "to know the system, or to load libraries,",
      { "--allow-write": "", "--allow-run": "=ffmpeg,ffprobe", "--deny-sys": "", "--deny-ffi": "" },
      "can be run",
    ],
  ])("%s works with what it has", async (_, given, why) => {
    const port = await freePort();
    const all = sandboxFlags(port, server);
    const granted = ["--allow-net", "--allow-read", "--allow-env"].map((flag) => [
      flag,
      all[flag] ?? "",
    ]);
    const home = newHome();
    const flags = {
      ...Object.fromEntries(granted),
      ...given,
      "--allow-read": `=${realpathSync(".")},${home.data},${home.media}`,
    };
    const { command, env } = inSandbox(port, flags);
    const started = await startService(home, env, command);
    try {
      const answer = await fetch(`${started.url}/readyz`);
      expect(await answer.text()).toContain(why);
      const id = await started.create(request(server.url("/in.mp4"), `/${port}.mp4`));
      await started.until(id, isDone);
    } finally {
      await started.stop();
    }
  });

  test("to reach more than a host by its name reaches that, where all is open but for Deno", async () => {
    const port = await freePort();
    const { host } = new URL(server.url("/").replace("127.0.0.1", "localhost"));
    const flags = sandboxFlags(port, server);
    const { command, env } = inSandbox(port, {
      ...flags,
      "--allow-net": `=127.0.0.1:${port},${host}`,
    });
    const started = await startService(newHome(), { ...env, PONTUS_EGRESS: "open" }, command);
    try {
      const at = (path: string) => server.url(path).replace("127.0.0.1", "localhost");
      const id = await started.create({
        ...request(at("/in.mp4"), ""),
        targets: [{ target_url: at("/named.mp4") }],
      });
      await started.until(id, isDone);
      const refused = await started.create(request(server.url("/in.mp4"), "/no.mp4"));
      expect((await started.until(refused, hasEnded)).error?.detail).toContain("Deno needs");
    } finally {
      await started.stop();
    }
  });

  test("to reach a host by its name tells one after the other, until it is reached", async () => {
    const at = (path: string) => server.url(path).replace("127.0.0.1", "localhost");
    const told: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const port = await freePort();
      const { command, env } = inSandbox(port, {
        ...sandboxFlags(port, server),
        "--allow-net": `=${[`127.0.0.1:${port}`, ...told].join(",")}`,
      });
      const policy = { PONTUS_EGRESS: "lan", PONTUS_EGRESS_ALLOW: "localhost" };
      const started = await startService(newHome(), { ...env, ...policy }, command);
      try {
        const targets = [{ target_url: at(`/told-${round}.mp4`) }];
        const id = await started.create({ ...request(at("/in.mp4"), ""), targets });
        const task = await started.until(id, hasEnded);
        if (isDone(task)) break;
        told.push(/Deno needs --allow-net=(\S+) for it$/.exec(task.error?.detail ?? "")?.[1] ?? "");
      } finally {
        await started.stop();
      }
    }
    expect(told[0]).toBe("localhost");
    expect(server.files.has(`/told-${told.length}.mp4`)).toBeTrue();
  });

  test("to reach a host tells the task which one is missing", async () => {
    const service = await startSandboxed(server);
    try {
      const id = await service.create(request("http://127.0.0.1:9/in.mp4", "/no.mp4"));
      const task = await service.until(id, hasEnded);
      expect(task.error).toMatchObject({
        code: "ParameterError",
        detail: 'Cannot connect to "127.0.0.1:9": Deno needs --allow-net=127.0.0.1:9 for it',
      });
    } finally {
      await service.stop();
    }
  });
});
