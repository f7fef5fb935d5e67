import { expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tempFolder } from "../fixtures/clips.ts";

// Two compilers start.
setDefaultTimeout(60_000);

const run = promisify(execFile);
const read = (file: string): string => readFileSync(file, "utf8");

const SCHEMAS = 'import("./types").components["schemas"]';
const SIGNED_CALL = /^call POST "?(\/api\/v1\/[\w/]+)"? '(\{.*?\})'$/gms;
const JSON_BLOCK = /^```json\n(\{.*?\})\n```$/gms;
const HTTP_CREATE = /^```http\nPOST \/api\/v\d\/task\/transcoding .*?\n\n(\{.*?\})\n```$/gms;

/** Every body of a request that the pages show, with the schema that it is of. */
function shownBodies(): readonly (readonly [schema: string, body: string])[] {
  const schemas: Readonly<Record<string, string>> = {
    "/api/v1/task/transcoding": "CreateTask",
    "/api/v1/profile": "CreateProfile",
  };
  const called = ["README.md", "README.zh-CN.md"].flatMap((file) =>
    [...read(file).matchAll(SIGNED_CALL)].map(
      ([, path = "", body = ""]) => [schemas[path] ?? path, body] as const,
    ),
  );
  const posted = ["docs/api.md", "docs/api.zh-CN.md"].flatMap((file) =>
    [...read(file).matchAll(HTTP_CREATE)].map(([, body = ""]) => ["CreateTask", body] as const),
  );
  const profiles = [...read("docs/profiles.md").matchAll(JSON_BLOCK)];
  for (const some of [called, posted, profiles]) expect(some.length).toBeGreaterThan(1);
  return [
    ...called,
    ...posted,
    ...profiles.map(([, body = ""]) => [bodyKind(body), body] as const),
  ];
}

/** The page of profiles also shows tasks. */
const bodyKind = (body: string): string =>
  body.includes('"qlties"') ? "CreateProfile" : "CreateTask";

test("the bodies of the README and the pages compile under openapi-typescript", async () => {
  const folder = tempFolder();
  const script = fileURLToPath(import.meta.resolve("../fixtures/print-openapi-types.ts"));
  const { stdout } = await run(process.execPath, [script], { maxBuffer: 2 ** 24 });
  writeFileSync(join(folder, "types.ts"), stdout);
  const lines = shownBodies().map(
    ([schema, body], at) => `export const body${at}: ${SCHEMAS}["${schema}"] = ${body};`,
  );
  const file = join(folder, "bodies.ts");
  const compile = async (text: string) => {
    writeFileSync(file, text);
    const flags = ["--noEmit", "--strict", "--module", "preserve", "--types", "", "--ignoreConfig"];
    return run("node_modules/.bin/tsc", [...flags, file]).catch((error) => error);
  };
  expect((await compile(lines.join("\n"))).stdout).toBe("");
  // A body that lacks something does not compile.
  const lacking = `export const body: ${SCHEMAS}["CreateTask"] = { source: { source_url: "in.mp4" } };`;
  expect((await compile(lacking)).stdout).toContain("'targets' is missing");
});
