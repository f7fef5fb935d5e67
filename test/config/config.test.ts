import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { ConfigError, type Environment } from "../../src/config/config.ts";
import { KEYS } from "../../src/config/keys.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const parse = (env: Environment) => parseConfig(env, { cores: 4 });
const configOf = (env: Environment) => parse(env).config;

function problemsOf(env: Environment): readonly string[] {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const aClient = { client_code: "client1", public_key: "public", private_key: "s3cr3t-key" };

describe("parseConfig", () => {
  test("takes the defaults where nothing is said", () => {
    expect(parse({})).toEqual({
      warnings: [],
      config: {
        host: "127.0.0.1",
        port: 8080,
        dataFolder: resolve("data"),
        disk: "auto",
        databasePath: resolve("data/pontus.db"),
        databaseUrl: undefined,
        ...{ role: "all", zone: "", databaseConnectionsMax: 10, drain: "give_back" },
        ...{ sliceStore: "", sliceMinMs: 600_000, sliceMs: 60_000, resumeMinMs: 600_000 },
        freeBytesMin: 268_435_456,
        mediaApi: "no",
        mediaRoots: [resolve("media")],
        clients: [],
        secretKey: "",
        concurrency: 4,
        pendingMax: 100_000,
        runningMax: 0,
        liveWaitingMax: 3,
        ...{ plansMax: 2, planTimeoutMs: 20_000 },
        taskTimeoutMs: 21_600_000,
        ...{ attemptsMax: 3, retryMaxMs: 3_600_000 },
        retentionMs: 7_776_000_000,
        keepEncodeMs: 3_600_000,
        keepEncodeBytesMax: 10_737_418_240,
        ...{ resultCacheBytes: 0, resultCacheShared: "no" },
        defaultProfile: "video_mp4_1280x720_1728kbps",
        targetsMax: 32,
        pixelsMax: 36_000_000,
        bodyBytesMax: 1_048_576,
        bodiesBytesMax: 67_108_864,
        requestsPerSecond: 500,
        connectionsMax: 2048,
        ...{ streamsMax: 1000, clientStreamsMax: 250 },
        clockSkewMs: 300_000,
        engine: "auto",
        wasmCoreUrl: "",
        ffmpeg: "ffmpeg",
        ffprobe: "ffprobe",
        ...{ hardware: "off", hardwareDevice: "", hardwareSessionsMax: 8 },
        outputPixelsMax: 67_108_864,
        memoryBytes: 2_147_483_648,
        cpuSeconds: 3_600,
        fileBytes: 4_294_967_296,
        sandbox: "none",
        sandboxPaths: [],
        fonts: undefined,
        stallTimeoutMs: 60_000,
        httpTimeoutMs: 30_000,
        transferBytesPerSecondMin: 8192,
        transferTimeoutMs: 7_200_000,
        sourceBytesMax: 274_877_906_944,
        egress: "lan",
        egressAllow: [],
        egressDeny: [],
        listenPorts: undefined,
        moreTrusted: [],
        s3Endpoint: "",
        s3Region: "us-east-1",
        s3AccessKeyId: "",
        s3SecretAccessKey: "",
        s3SessionToken: "",
        s3Addressing: "auto",
        ...{ watches: [], watchSettleMs: 10_000, watchIntervalMs: 5_000 },
        stopGraceMs: 10_000,
        leaseMs: 6_000,
        liveSourceTimeoutMs: 30_000,
        liveTargetTimeoutMs: 60_000,
        ...{ logLevel: "info", logFormat: "auto" },
        ...{ accessLog: "no", metrics: "yes" },
        ...{ tracesUrl: "", tracesHeaders: {}, tracesPercent: 100 },
      },
    });
  });

  test("counts an empty value as absent", () => {
    const empty = Object.fromEntries(Object.values(KEYS).map(({ env }) => [env, ""]));
    expect(parse({ ...empty, PORT: "" })).toEqual(parse({}));
  });

  test.each([
    ["PONTUS_HOST", "::1", { host: "::1" }],
    ["PONTUS_PORT", "0", { port: 0 }],
    ["PORT", "3000", { port: 3000 }],
    ["PONTUS_DATA_DIR", "/d", { dataFolder: "/d", databasePath: "/d/pontus.db" }],
    ["PONTUS_DATABASE_URL", ":memory:", { databasePath: ":memory:" }],
    ["PONTUS_DATABASE_URL", "file:///d/a%20b.db", { databasePath: "/d/a b.db" }],
    ["PONTUS_DATABASE_URL", "x.db", { databasePath: resolve("x.db"), databaseUrl: undefined }],
    [
      "PONTUS_MEDIA_ROOTS",
      ["/a", "b", "/a", ""].join(delimiter),
      { mediaRoots: ["/a", resolve("b")] },
    ],
    ["PONTUS_CONCURRENCY", "0", { concurrency: 0 }],
    ["PONTUS_RETENTION_DAYS", "0", { retentionMs: 0 }],
    ["PONTUS_RETENTION_DAYS", "2", { retentionMs: 172_800_000 }],
    ["PONTUS_CONCURRENCY", "1", { concurrency: 1, liveWaitingMax: 1 }],
    ["PONTUS_CONCURRENCY", "20", { concurrency: 20, liveWaitingMax: 19 }],
    ["PONTUS_LIVE_WAITING_MAX", "0", { concurrency: 4, liveWaitingMax: 0 }],
    ["PONTUS_CLIENT_PENDING_MAX", "0", { pendingMax: 0 }],
    ["PONTUS_CLIENT_RUNNING_MAX", "2", { runningMax: 2 }],
    ["PONTUS_TASK_TIMEOUT_SECONDS", "90", { taskTimeoutMs: 90_000 }],
    ["PONTUS_DEFAULT_PROFILE", "audio_mp3_128kbps", { defaultProfile: "audio_mp3_128kbps" }],
    ["PONTUS_STOP_GRACE_SECONDS", "0", { stopGraceMs: 0 }],
    ["PONTUS_KEEP_ENCODE_SECONDS", "0", { keepEncodeMs: 0 }],
    ["PONTUS_S3_ENDPOINT", "http://[::1]:9000", { s3Endpoint: "http://[::1]:9000" }],
    ["PONTUS_S3_ADDRESSING", "virtual-host", { s3Addressing: "virtual-host" }],
    ["PONTUS_EGRESS", "public", { egress: "public" }],
    [
      "PONTUS_EGRESS_ALLOW",
      "a:1",
      { egressAllow: [{ shown: "a:1", place: { name: "a" }, port: 1 }] },
    ],
    ["PONTUS_EGRESS_DENY", "b", { egressDeny: [{ shown: "b", place: { name: "b" } }] }],
    ["PONTUS_FFMPEG", "./bin/ffmpeg", { ffmpeg: resolve("bin/ffmpeg") }],
  ] as const)("reads %s=%s", (name, text, expected) => {
    expect(configOf({ [name]: text })).toMatchObject(expected);
  });

  test("prefers PONTUS_PORT to PORT", () => {
    expect(configOf({ PONTUS_PORT: "1", PORT: "2" }).port).toBe(1);
  });

  test.each([
    ["PONTUS_HOST", "http://x"],
    ["PONTUS_PORT", "65536"],
    ["PONTUS_PORT", "80a"],
    ["PONTUS_PORT", "-1"],
    ["PONTUS_PORT", "1e3"],
    ["PORT", "x"],
    ["PONTUS_DATA_DIR", "a\nb"],
    ["PONTUS_DATABASE_URL", "mysql://host/x"],
    ["PONTUS_DATABASE_URL", "file:x.db"],
    ["PONTUS_MEDIA_ROOTS", delimiter],
    ["PONTUS_MEDIA_ROOTS", "http://host/media"],
    ["PONTUS_DEFAULT_PROFILE", "video_mp4_adaptive"],
    ["PONTUS_CONCURRENCY", "257"],
    ["PONTUS_CONCURRENCY", "1.5"],
    ["PONTUS_TASK_TIMEOUT_SECONDS", "0"],
    ["PONTUS_DEFAULT_PROFILE", "video_mp4"],
    ["PONTUS_CLOCK_SKEW_SECONDS", "0"],
    ["PONTUS_MAX_PIXELS", "1"],
    ["PONTUS_TARGETS_MAX", "0"],
    ["PONTUS_BODY_BYTES_MAX", "1"],
    ["PONTUS_ATTEMPTS_MAX", "0"],
    ["PONTUS_LOG_LEVEL", "warn"],
    ["PONTUS_LOG_FORMAT", "xml"],
    ["PONTUS_FFMPEG", "a\0b"],
    ["PONTUS_ENGINE", "gpu"],
    ["PONTUS_WASM_CORE_URL", "file:///core"],
    ["PONTUS_S3_ENDPOINT", "http://host/?a=b"],
    ["PONTUS_S3_ENDPOINT", "s3.local:9000"],
    ["PONTUS_S3_REGION", "a b"],
    ["PONTUS_S3_ADDRESSING", "dns"],
    ["PONTUS_CA_FILE", "/no/such/file"],
    ["PONTUS_CA_FILE", "package.json"],
    ["PONTUS_STALL_TIMEOUT_SECONDS", "0"],
    ["PONTUS_STOP_GRACE_SECONDS", "601"],
    ["PONTUS_LEASE_SECONDS", "0"],
  ])("refuses %s=%j, naming key, value and what is allowed", (name, text) => {
    const key = Object.values(KEYS).find(({ env }) => env === name) ?? KEYS.port;
    expect(problemsOf({ [name]: text })).toEqual([
      `Cannot use ${name} ${JSON.stringify(text)}: allowed is ${key.allowed}`,
    ]);
  });

  test("tells of every wrong value at once", () => {
    const env = { PONTUS_PORT: "x", PONTUS_LOG_LEVEL: "y", PONTUS_MEDIA_ROOTS: delimiter };
    expect(problemsOf(env)).toHaveLength(3);
    expect(() => parse(env)).toThrow(/PONTUS_PORT.*\n.*\n.*PONTUS_LOG_LEVEL/);
  });

  test("masks the credentials of a URL in a wrong value", () => {
    const [problem] = problemsOf({ PONTUS_DATABASE_URL: "mysql://user:hunter2@host/db" });
    expect(problem).toContain("mysql://***@host/db");
  });

  test("does not let the data folder be a media root", () => {
    const [problem] = problemsOf({ PONTUS_DATA_DIR: "x", PONTUS_MEDIA_ROOTS: "./x" });
    expect(problem).toContain("PONTUS_MEDIA_ROOTS");
  });

  test("wants the secret with the access key, and shows neither", () => {
    for (const name of ["PONTUS_S3_ACCESS_KEY_ID", "PONTUS_S3_SECRET_ACCESS_KEY"]) {
      expect(problemsOf({ [name]: "hunter2" })).toEqual([
        "Cannot use PONTUS_S3_ACCESS_KEY_ID and PONTUS_S3_SECRET_ACCESS_KEY: one of them is missing",
      ]);
    }
    const [problem] = problemsOf({ PONTUS_S3_SECRET_ACCESS_KEY: "hunter2 " });
    expect(problem).not.toContain("hunter2");
  });

  test("warns of keys that there are not, with the nearest that there is", () => {
    const { warnings } = parse({ PONTUS_PROT: "1", PONTUS_SOMETHING_ELSE: "1", PATH: "/bin" });
    expect(warnings).toEqual([
      "There is no key PONTUS_PROT; did you mean PONTUS_PORT?",
      "There is no key PONTUS_SOMETHING_ELSE",
    ]);
  });
});

describe("PONTUS_CLIENTS", () => {
  const parsed = {
    clientCode: "client1",
    publicKey: "public",
    privateKey: "s3cr3t-key",
    strongOnly: false,
    disabled: false,
    admin: false,
    weight: 1,
    pendingMax: null,
    runningMax: null,
    requestsPerSecond: null,
    second: null,
    notification: null,
    webhookSecrets: null,
    reach: null,
  };

  test("is JSON text, or the path of a file of it, or one client as credentials.json holds it", () => {
    const text = JSON.stringify([{ ...aClient, strong_only: true }]);
    const path = join(tempFolder(), "clients.json");
    writeFileSync(path, JSON.stringify(aClient));
    expect(configOf({ PONTUS_CLIENTS: text }).clients).toEqual([{ ...parsed, strongOnly: true }]);
    expect(configOf({ PONTUS_CLIENTS: path }).clients).toEqual([parsed]);
  });

  test.each([
    ["[", ["it is not JSON"]],
    ["/no/such/file", ["it names no file that can be read"]],
    ["[5]", ["0 must be an object"]],
    [JSON.stringify([{ ...aClient, private_key: undefined }]), ["0.private_key is missing"]],
    [JSON.stringify([{ ...aClient, private_key: "" }]), ["0.private_key must not be empty"]],
    [JSON.stringify([{ ...aClient, private_key: 5544332211 }]), ["0.private_key must be a string"]],
    [
      JSON.stringify([aClient, { ...aClient, client_code: "a b", extra: 1 }]),
      [
        "1.client_code must be 1 to 128 visible ASCII characters",
        "1.extra is no field of a client",
      ],
    ],
    [
      JSON.stringify([aClient, { ...aClient, public_key: "x" }]),
      ["two clients have the same client_code"],
    ],
    [
      JSON.stringify([aClient, { ...aClient, client_code: "x" }]),
      ["two clients have the same public_key"],
    ],
    [JSON.stringify([{ ...aClient, disabled: "no" }]), ["0.disabled must be true or false"]],
    [
      JSON.stringify([{ ...aClient, weight: 0, pending_max: -1, running_max: "2" }]),
      [
        "0.weight must be a whole number from 1 to 1000",
        "0.pending_max must be a whole number from 0 to 1000000000",
        "0.running_max must be a whole number from 0 to 1000000000",
      ],
    ],
    [
      JSON.stringify([{ ...aClient, weight: 1.5, requests_per_second: 0.5 }]),
      [
        "0.weight must be a whole number from 1 to 1000",
        "0.requests_per_second must be a whole number from 0 to 1000000",
      ],
    ],
  ])("refuses case %#, naming the field and never the value", (text, expected) => {
    const problems = problemsOf({ PONTUS_CLIENTS: text });
    expect(problems).toEqual(expected.map((what) => `Cannot use PONTUS_CLIENTS: ${what}`));
    expect(problems.join()).not.toMatch(/s3cr3t|5544332211|no\/such/);
  });
});
