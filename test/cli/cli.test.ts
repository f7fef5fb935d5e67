import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit.ts";
import { COMMANDS } from "../../src/cli/program.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { pontus } from "../fixtures/command-line.ts";
import { freePort } from "../fixtures/live-peers.ts";

setDefaultTimeout(60_000);

const KEYS = { client_code: "c", public_key: "p", private_key: "k" };

const commandsIn = (help: string): readonly string[] =>
  [...help.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name ?? "");

describe("pontus", () => {
  test("has help with examples in every command", async () => {
    const top = await pontus(["--help"]);
    expect([top.code, top.out]).toEqual([EXIT.ok, expect.stringContaining("Examples:")]);
    const commands = commandsIn(top.out).filter((name) => name !== "help");
    expect(commands.length).toBeGreaterThan(8);
    const seen = async (path: readonly string[]): Promise<void> => {
      const { code, out } = await pontus([...path, "--help"]);
      const [, examples = ""] = out.split("\nExamples:\n");
      expect([path, code, examples]).toEqual([path, 0, expect.stringContaining("$ pontus ")]);
      const [, below = ""] = out.split("\nCommands:\n");
      for (const name of commandsIn(below)) if (name !== "help") await seen([...path, name]);
    };
    for (const name of commands) await seen([name]);
  });

  test("knows the file of each command, so that it loads no other", async () => {
    const { out } = await pontus(["--help"]);
    const told = commandsIn(out).filter((name) => name !== "help");
    expect(COMMANDS.flatMap(({ names }) => names).toSorted()).toEqual(told.toSorted());
  });

  test("gives examples that its commands take", async () => {
    const { out } = await pontus(["--help"]);
    const [, examples = ""] = out.split("\nExamples:\n");
    const told = [...examples.matchAll(/^ {2}\$ pontus ([a-z-]+)/gm)].map(([, name]) => name ?? "");
    expect(told.length).toBeGreaterThan(1);
    expect(told.filter((name) => !commandsIn(out).includes(name))).toEqual([]);
  });

  test.each<[string, string[], number, string]>([
    ["nothing", [], EXIT.usage, "Usage: pontus"],
    ["an unknown command", ["lst"], EXIT.usage, "(Did you mean list?)"],
    ["an unknown option", ["list", "--stat", "x"], EXIT.usage, "unknown option '--stat'"],
    ["too many arguments", ["show", "a", "b"], EXIT.usage, "too many arguments"],
    ["the address of no service", ["list", "--url", "ftp://x"], EXIT.usage, "no http: or https:"],
  ])("refuses %s", async (_, args, code, why) => {
    expect(await pontus(args)).toEqual({ code, out: "", err: expect.stringContaining(why) });
  });

  test("writes its version", async () => {
    expect(await pontus(["--version"])).toMatchObject({
      code: EXIT.ok,
      out: "pontus 0.0.0-test\n",
    });
  });

  test("says that nothing listens", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const env = { PONTUS_CREDENTIALS: JSON.stringify(KEYS) };
    const { code, err } = await pontus(["list", "--url", url], env);
    expect([code, err]).toEqual([
      EXIT.unreachable,
      expect.stringContaining(`Cannot reach the service at ${url}: nothing listens there`),
    ]);
    const asJson = await pontus(["list", "--url", url, "--json"], env);
    expect(JSON.parse(asJson.err)).toEqual({ error: { message: err.trim() } });
  });

  test.each([
    [200, '{"tasks": 3}'],
    [404, "<html>"],
  ])("says that what answers with %d is no Pontus", async (status, body) => {
    const server = createServer((_, response) => response.writeHead(status).end(body));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = { PONTUS_CREDENTIALS: JSON.stringify(KEYS), PORT: String(port) };
    const { err } = await pontus(["list"], env);
    server.close();
    expect(err).toMatch(/^Cannot understand the answer.*is it a Pontus/);
  });

  test("ends at Ctrl-C, also where the service does not answer", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = { ...process.env, PONTUS_CREDENTIALS: JSON.stringify(KEYS), PORT: String(port) };
    const child = spawn(process.execPath, ["src/main.cli.bun.ts", "list"], {
      env,
      stdio: "ignore",
    });
    const ended = once(child, "close");
    await once(server, "request");
    child.kill("SIGINT");
    expect(await ended).toEqual([EXIT.interrupted, null]);
    server.close();
    // A call by itself ends after 30 s.
  }, 20_000);
});

describe("credentials", () => {
  test.each<[string, string | undefined, string]>([
    [
      "no file",
      undefined,
      "there is no such file; name another by --credentials or PONTUS_CREDENTIALS",
    ],
    ["no JSON", "private_key: s3cret", "they are not JSON"],
    ["no key", '{"client_code": "s3cret"}', "they need client_code, public_key and private_key"],
  ])("says what is wrong, and no secret: %s", async (_, text, why) => {
    const folder = tempFolder();
    if (text !== undefined) writeFileSync(join(folder, "credentials.json"), text);
    const { code, err } = await pontus(["list"], { PONTUS_DATA_DIR: folder });
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(why)]);
    expect(err).toContain(JSON.stringify(join(folder, "credentials.json")));
    expect(err).not.toContain("s3cret");
  });

  test("are taken from the flag before the environment, and from there before the file", async () => {
    const folder = tempFolder();
    const broken = join(folder, "broken.json");
    writeFileSync(broken, "{");
    const env = { PONTUS_DATA_DIR: folder, PORT: String(await freePort()) };
    const given = JSON.stringify(KEYS);
    const inFile = { ...env, PONTUS_CREDENTIALS: broken };
    expect((await pontus(["list"], inFile)).err).toContain(broken);
    expect((await pontus(["list", "--credentials", given], inFile)).code).toBe(EXIT.unreachable);
    // Of several clients, as PONTUS_CLIENTS has them, the first one calls.
    const several = { ...env, PONTUS_CREDENTIALS: JSON.stringify([KEYS, {}]) };
    expect((await pontus(["list"], several)).code).toBe(EXIT.unreachable);
  });
});

describe("docs/cli.md", () => {
  const page = readFileSync("docs/cli.md", "utf8");

  test("has every command", async () => {
    const { out } = await pontus(["--help"]);
    const told = [...page.matchAll(/^\| `pontus ([a-z-]+)/gm)].map(([, name]) => name);
    expect([...new Set(told)].toSorted()).toEqual(
      commandsIn(out)
        .filter((name) => name !== "help")
        .toSorted(),
    );
  });

  test("has every exit code", () => {
    const told = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(EXIT));
  });
});
