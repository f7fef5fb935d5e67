import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { hasProgram } from "../../scripts/run-program.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { DENO_PROGRAM } from "../fixtures/runtimes.ts";
import { type RunningService, startService } from "../fixtures/service.ts";
import vectors from "../service/checksum-vectors.json";

// A compiler or another runtime starts for each call, which takes its time on a busy machine.
setDefaultTimeout(60_000);

const run = promisify(execFile);
const FOLDER = "clients/signing";

const BUILT = tempFolder();
const DENO_RUN = [DENO_PROGRAM, "run", "--no-prompt", "--allow-net", "--allow-env"];

type Language = {
  readonly language: string;
  readonly command: readonly string[];
  /** Compiles it once, rather than for each call as its page does. */
  readonly build?: readonly string[];
};

const LANGUAGES: readonly Language[] = [
  { language: "JavaScript on Node", command: ["node", `${FOLDER}/sign.mjs`] },
  { language: "JavaScript on Bun", command: [process.execPath, `${FOLDER}/sign.mjs`] },
  { language: "JavaScript on Deno", command: [...DENO_RUN, `${FOLDER}/sign.mjs`] },
  { language: "Python", command: ["/usr/bin/python3", `${FOLDER}/sign.py`] },
  {
    language: "Go",
    command: [`${BUILT}/sign`],
    build: ["go", "build", "-o", `${BUILT}/sign`, `${FOLDER}/sign.go`],
  },
  {
    language: "Java",
    command: ["java", "-cp", BUILT, "Sign"],
    build: ["javac", "-d", BUILT, `${FOLDER}/Sign.java`],
  },
  { language: "shell", command: ["bash", `${FOLDER}/sign.sh`] },
];
/** Debian's Go and Java are large: they are run where they are there anyway. */
const isThere = ({ build: [compiler] = [] }: Language): boolean =>
  compiler === undefined || hasProgram(compiler);
const lacking = LANGUAGES.filter((one) => !isThere(one));
if (lacking.length > 0)
  console.log(`not there, so not run: ${lacking.map(({ language }) => language).join(", ")}`);

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe.each(LANGUAGES.filter(isThere))(
  "signing in $language",
  ({ command: [program = "", ...args], build: [compiler, ...flags] = [] }) => {
    beforeAll(async () => {
      if (compiler) await run(compiler, flags);
    });

    const sign = (env: Readonly<Record<string, string>>, ...call: readonly string[]) =>
      run(program, [...args, ...call], { env: { ...process.env, ...env } });

    test("makes the checksums of the contract", async () => {
      for (const vector of vectors) {
        const { method = "GET", path = "/", body = "" } = vector;
        const env = {
          API_PUBLIC_KEY: "pk",
          API_CLIENT_CODE: vector.apiClientCode,
          API_PRIVATE_KEY: vector.private_key,
          API_FORM: vector.form,
          API_NONCE: vector.apiNonce,
          API_EXEC_TIME: vector.apiExecTime,
        };
        const { stdout } = await sign(env, "--headers", method, `http://h:80${path}`, body);
        expect(stdout.trim().split("\n")).toEqual([
          "apiPublicKey: pk",
          `apiClientCode: ${vector.apiClientCode}`,
          `apiNonce: ${vector.apiNonce}`,
          `apiExecTime: ${vector.apiExecTime}`,
          `apiCheckSum: ${vector.apiCheckSum}`,
        ]);
      }
    });

    test("is taken by the service, and refused with a wrong key", async () => {
      const env = {
        API_PUBLIC_KEY: service.credentials.public_key,
        API_CLIENT_CODE: service.credentials.client_code,
        API_PRIVATE_KEY: service.credentials.private_key,
      };
      const name = `made-${process.pid}-${Math.random().toString(36).slice(2)}`;
      const qlty = { container: "mp3", audio_format: "mp3", audio_bitrate: 64_000 };
      const body = JSON.stringify({ profile_name: name, description: "ü'中", qlties: [qlty] });
      const made = await sign(env, "POST", `${service.url}/api/v1/profile`, body);
      expect(JSON.parse(made.stdout)).toMatchObject({ profile_name: name, description: "ü'中" });
      const url = `${service.url}/api/v1/task/transcoding?status=RUNNING&limit=20`;
      expect(JSON.parse((await sign(env, "GET", url)).stdout)).toEqual({ tasks: [] });
      const wrong = { ...env, API_PRIVATE_KEY: "wrong" };
      const refused = await sign(wrong, "GET", url).catch((error) => error);
      expect(refused.code).toBeGreaterThan(0);
      expect(refused.stdout).toContain("AuthenticationFailed");
    });
  },
);

test("a key longer than a block is hashed first in shell, too", async () => {
  const env = {
    API_CLIENT_CODE: "c",
    API_PUBLIC_KEY: "p",
    API_PRIVATE_KEY: "k".repeat(65),
  };
  const fixed = { ...process.env, ...env, API_NONCE: "1", API_EXEC_TIME: "1447936119" };
  const call = ["--headers", "GET", "http://h/api/v1/profiles"];
  const [shell, python] = await Promise.all([
    run("bash", [`${FOLDER}/sign.sh`, ...call], { env: fixed }),
    run("/usr/bin/python3", [`${FOLDER}/sign.py`, ...call], { env: fixed }),
  ]);
  expect(shell.stdout).toBe(python.stdout);
  expect(shell.stdout).toMatch(/apiCheckSum: [0-9a-f]{64}/);
});

test("the page names each program, and sums of the contract", () => {
  const page = readFileSync("docs/signing.md", "utf8");
  for (const name of ["sign.mjs", "sign.py", "sign.go", "Sign.java", "sign.sh"])
    expect(page).toContain(`](../${FOLDER}/${name})`);
  const sums = vectors.map(({ apiCheckSum }) => apiCheckSum);
  expect([...page.matchAll(/`([0-9a-f]{40,64})`/g)].map(([, sum]) => sum)).toEqual([
    sums[0],
    sums.at(-1),
  ]);
});
