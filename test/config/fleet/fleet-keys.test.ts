import { describe, expect, test } from "bun:test";
import { ConfigError, type Environment } from "../../../src/config/config.ts";
import { shownDatabase } from "../../../src/config/fleet/fleet-keys.ts";
import { KEYS } from "../../../src/config/keys.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";

const SERVER = "postgres://pontus:secret@db.example:5433/pontus";
const SOCKET = "postgresql://pontus@/pontus?host=/run/postgresql";

const configOf = (env: Environment) => parseConfig(env, { cores: 4 }).config;

function problemsOf(env: Environment): readonly string[] {
  try {
    configOf(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  ["PONTUS_DATABASE_URL", SERVER, { databasePath: ":memory:", databaseUrl: SERVER }],
  ["PONTUS_DATABASE_URL", SOCKET, { databasePath: ":memory:", databaseUrl: SOCKET }],
  ["PONTUS_ZONE", "eu-1", { zone: "eu-1" }],
  ["PONTUS_DATABASE_CONNECTIONS", "20", { databaseConnectionsMax: 20 }],
  ["PONTUS_DRAIN", "finish", { drain: "finish" }],
  ["PONTUS_SLICE_MIN_SECONDS", "60", { sliceMinMs: 60_000 }],
  ["PONTUS_SLICE_SECONDS", "120", { sliceMs: 120_000 }],
] as const)("%s=%s is read", (name, text, expected) => {
  expect(configOf({ [name]: text })).toMatchObject(expected);
});

test.each([
  ["PONTUS_DATABASE_URL", "postgres:///db"],
  ["PONTUS_ROLE", "both"],
  ["PONTUS_ZONE", "a\nb"],
  ["PONTUS_DRAIN", "wait"],
  ["PONTUS_DATABASE_CONNECTIONS", "1"],
  ["PONTUS_SLICE_STORE", "s3://"],
  ["PONTUS_SLICE_STORE", "https://host/a?b"],
  ["PONTUS_SLICE_STORE", "ftp://host/a"],
  ["PONTUS_SLICE_SECONDS", "121"],
])("%s=%j is refused", (name, text) => {
  const key = Object.values(KEYS).find(({ env }) => env === name) ?? KEYS.port;
  expect(problemsOf({ [name]: text })).toEqual([
    `Cannot use ${name} ${JSON.stringify(text)}: allowed is ${key.allowed}`,
  ]);
});

test.each(["hunter2", "hun/ter2", "hun#ter2", "hun?ter2", "hun ter2", 'hun"ter2', "hun@ter2"])(
  "the password %j of a server is in no message",
  (password) => {
    const url = `postgres://ada:${password}@db.example/pontus`;
    expect(shownDatabase(url)).toBe("postgres://***@db.example/pontus");
    expect(
      problemsOf({ PONTUS_DATABASE_URL: url.replace(".example", ".example:port") }).join(),
    ).not.toMatch(/hun|ter2/);
  },
);

describe("PONTUS_ROLE", () => {
  const env = { PONTUS_DATABASE_URL: SERVER, PONTUS_SECRET_KEY: "0".repeat(64) };

  test.each(["api", "worker"] as const)("%s needs a server and a key that nodes share", (role) => {
    expect(configOf({ ...env, PONTUS_ROLE: role })).toMatchObject({ role });
    expect(problemsOf({ PONTUS_ROLE: role })).toEqual([
      `Cannot use PONTUS_ROLE "${role}": PONTUS_DATABASE_URL names no PostgreSQL server that other nodes share`,
    ]);
    expect(problemsOf({ ...env, PONTUS_ROLE: role, PONTUS_SECRET_KEY: "" })).toEqual([
      `Cannot use PONTUS_ROLE "${role}": PONTUS_SECRET_KEY is not set, and must be the same for all nodes`,
    ]);
  });
});

describe("PONTUS_SLICE_STORE", () => {
  const env = { PONTUS_DATABASE_URL: SERVER };
  const keys = { PONTUS_S3_ACCESS_KEY_ID: "a", PONTUS_S3_SECRET_ACCESS_KEY: "b" };

  test.each([
    ["s3://films/slices/", "s3://films/slices"],
    ["s3://films", "s3://films"],
    ["https://host:8443/slices", "https://host:8443/slices"],
    ["/srv/slices", "file:///srv/slices"],
    ["file:///srv/slices/", "file:///srv/slices"],
  ])("%s names a place", (text, sliceStore) => {
    expect(configOf({ ...env, ...keys, PONTUS_SLICE_STORE: text })).toMatchObject({ sliceStore });
  });

  test.each([
    ["names no PostgreSQL server", { PONTUS_SLICE_STORE: "/srv/slices" }],
    ["there is no key of S3", { ...env, PONTUS_SLICE_STORE: "s3://films" }],
    ["only the engine native", { ...env, PONTUS_SLICE_STORE: "/srv", PONTUS_ENGINE: "wasm" }],
    ["PONTUS_DISK is no", { ...env, PONTUS_SLICE_STORE: "/srv", PONTUS_DISK: "no" }],
  ])("is refused where %s", (why, given) => {
    const problems = problemsOf(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith("Cannot use PONTUS_SLICE_STORE: ");
    expect(problems[0]).toContain(why);
  });
});
