import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Server } from "bun";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { answerFaults, requestFaults } from "../fixtures/contract.ts";
import { OPERATIONS } from "../fixtures/document.ts";
import { DENO_PROGRAM } from "../fixtures/runtimes.ts";
import { newHome, type RunningService, startService } from "../fixtures/service.ts";

// Compilers and other runtimes start, which takes its time on a busy machine.
setDefaultTimeout(60_000);

const CLIENT = "clients/typescript";
const DRIVER = "test/whole-api.ts";
/** May make the calls of operators, too. */
const OPERATOR = {
  client_code: "operator",
  public_key: "pk-operator",
  private_key: "secret of the operator",
  admin: true,
  webhook_secrets: [`whsec_${Buffer.alloc(24, 7).toString("base64")}`],
};
const run = promisify(execFile);

const filesIn = (folder: string): readonly (readonly [name: string, text: string])[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .toSorted()
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);

test("the client is what the API's description makes (if not: bun run client)", async () => {
  const folder = tempFolder();
  await run(process.execPath, ["scripts/write-client.ts", folder]);
  const files = filesIn(folder);
  expect(files.length).toBeGreaterThan(10);
  expect(filesIn(join(CLIENT, "src/generated"))).toEqual(files);
});

/** A proxy in front of a service that judges every call by the API's description, and takes its notifications. */
function judging(service: RunningService): { server: Server<undefined>; faults: string[] } {
  const faults: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { method, url, headers } = request;
      const { pathname, search } = new URL(url);
      if (pathname === "/hook") return new Response(null, { status: 204 });
      const body = request.body && (await request.arrayBuffer());
      const answer = await fetch(`${service.url}${pathname}${search}`, {
        method,
        headers,
        ...(body !== null && { body }),
      });
      const found = [
        ...requestFaults(method, url, body ? new TextDecoder().decode(body) : undefined),
        ...(await answerFaults(method, url, answer.clone())),
      ];
      faults.push(...found.map((fault) => `${method} ${pathname}: ${fault}`));
      return answer;
    },
  });
  return { server, faults };
}

describe("the client, compiled strictly, calls the whole API as described", () => {
  const built = tempFolder();
  let service: RunningService;
  let proxy: ReturnType<typeof judging>;
  beforeAll(async () => {
    await run("node_modules/.bin/tsc", ["-p", CLIENT, "--outDir", built]);
    writeFileSync(join(built, "package.json"), '{"type": "module"}');
    const home = newHome();
    copyFileSync(await clip({ seconds: 1 }), join(home.media, "clip.mp4"));
    service = await startService(home, {
      PONTUS_CLIENTS: JSON.stringify([OPERATOR]),
      PONTUS_MEDIA_API: "yes",
    });
    proxy = judging(service);
  });
  afterAll(async () => {
    await proxy.server.stop(true);
    await service.stop();
  });

  test.each<[runtime: string, command: readonly string[]]>([
    ["Bun", [process.execPath, join(CLIENT, DRIVER)]],
    [
      "Deno",
      [DENO_PROGRAM, "run", "--no-prompt", "--allow-net", "--allow-env", join(CLIENT, DRIVER)],
    ],
    ["Node", ["node", join(built, DRIVER.replace(".ts", ".js"))]],
  ])("on %s", async (_, [program = "", ...args]) => {
    const env = {
      ...process.env,
      PONTUS_URL: proxy.server.url.href,
      PONTUS_CREDENTIALS: JSON.stringify(service.credentials),
    };
    const { stdout } = await run(program, args, { env });
    expect(JSON.parse(stdout)).toEqual(OPERATIONS.map(({ id }) => id).toSorted());
    expect(proxy.faults).toEqual([]);
  });
});
