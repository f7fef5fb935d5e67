import { describe, expect, test } from "bun:test";
import {
  ADA,
  appOfEachTest,
  aTask,
  BASE,
  credentialsOf,
  refusalOf,
  TASKS,
} from "../fixtures/http-app.ts";
import { type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const app = appOfEachTest();

/** What can be wrong with one call, in the order in which the contract has it found. */
const FAULTS: readonly (readonly [answer: string, change: (call: Faulty) => Faulty])[] = [
  ["404 InvalidVersion", (call) => ({ ...call, path: call.path.replace("v1", "v9") })],
  ["404 NoSuchResource", (call) => ({ ...call, path: `${call.path}/no/such` })],
  ["405 MethodNotAllowed", (call) => ({ ...call, method: "PUT" })],
  ["401 AuthenticationFailed", (call) => ({ ...call, key: "wrong" })],
  ["415 UnsupportedMediaType", (call) => ({ ...call, headers: { "Content-Type": "text/plain" } })],
  ["413 RequestTooLarge", (call) => ({ ...call, padding: 2 ** 21 })],
  ["400 MalformedJSON", (call) => ({ ...call, opening: "{" })],
  ["400 InvalidParameterException", (call) => ({ ...call, task: { ...call.task, priority: 99 } })],
  [
    "403 AccessDenied",
    (call) => ({ ...call, task: { ...call.task, source: { source_url: "../x" } } }),
  ],
  ["404 NoSuchProfile", (call) => ({ ...call, task: { ...call.task, profile_name: "nobodys" } })],
];

type Faulty = {
  readonly path: string;
  readonly method: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly padding: number;
  readonly opening: string;
  readonly task: Readonly<Record<string, unknown>>;
};

const RIGHT: Faulty = {
  path: TASKS,
  method: "POST",
  key: ADA.privateKey,
  headers: {},
  padding: 0,
  opening: "",
  task: aTask(),
};

async function answerTo(call: Faulty, form: "sha1" | "hmac-sha256"): Promise<string> {
  const options: SignedCallOptions = {
    method: call.method,
    headers: call.headers,
    form,
    body: `${call.opening}${JSON.stringify(call.task)}${" ".repeat(call.padding)}`,
  };
  const credentials = { ...credentialsOf(ADA), private_key: call.key };
  return refusalOf(await app.fetch(signedRequest(credentials, `${BASE}${call.path}`, options)));
}

describe("the order of checks", () => {
  test.each(FAULTS)("%s is found before all that comes after it", async (answer) => {
    const index = FAULTS.findIndex(([name]) => name === answer);
    const call = FAULTS.slice(index).reduce((wrong, [, change]) => change(wrong), RIGHT);
    expect(await answerTo(call, "sha1")).toBe(answer);
  });

  test("each fault alone is found with either form of the checksum", async () => {
    for (const [answer, change] of FAULTS) {
      expect(await answerTo(change(RIGHT), "sha1")).toBe(answer);
      expect(await answerTo(change(RIGHT), "hmac-sha256")).toBe(answer);
    }
  });

  test("a body is not read for a caller whose headers are wrong", async () => {
    const { headers } = signedRequest(credentialsOf(ADA), `${BASE}${TASKS}`, { method: "POST" });
    for (const [name, value] of [
      ["apiExecTime", "1000000000"],
      ["apiNonce", "x"],
      ["apiCheckSum", "0".repeat(40)],
    ] as const) {
      let reads = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            reads += 1;
            controller.enqueue(new Uint8Array(1));
          },
        },
        { highWaterMark: 0 },
      );
      const wrong = new Headers(headers);
      wrong.set(name, value);
      const request = new Request(`${BASE}${TASKS}`, { method: "POST", headers: wrong, body });
      expect((await app.fetch(request)).status).toBe(401);
      expect(reads).toBe(0);
    }
  });
});
