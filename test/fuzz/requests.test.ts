import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { clip } from "../fixtures/clips.ts";
import { errorFaultOf } from "../fixtures/document.ts";
import { residentMb } from "../fixtures/process-facts.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";
import { signedRequest } from "../fixtures/signed-client.ts";
import { anyCall, type FuzzCall, rememberTask, sentPathOf } from "./calls.ts";
import { leftInScratch } from "./wear-media.ts";

setDefaultTimeout(10 * 60_000);

const REQUESTS = 20_000;
const AT_ONCE = 32;
const ANSWER_MS_MAX = 60_000;
const RESIDENT_MB_MAX = 400;
const SEED = Number(process.env["PONTUS_FUZZ_SEED"] ?? 1);

test("every request has an answer of the document, and none harms the service", async () => {
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "clip.mp4"));
  const service = await startService(home, {
    PONTUS_LOG_LEVEL: "info",
    PONTUS_CLIENT_REQUESTS_PER_SECOND: "0",
    PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS: "1",
    PONTUS_MEDIA_API: "yes",
  });
  const calls = fc.sample(anyCall, { seed: SEED, numRuns: REQUESTS });
  const wrong: string[] = [];
  const next = calls[Symbol.iterator]();
  const sendAll = async () => {
    for (const call of next) {
      const what = await wrongWith(service, call);
      if (what !== undefined) wrong.push(`${call.method} ${call.path} ${call.body}: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
  expect(wrong).toEqual([]);
  expect(residentMb(service.pid)).toBeLessThan(RESIDENT_MB_MAX);
  await untilIdle(service);
  expect(leftInScratch(service)).toEqual([]);
  expect(await service.stop()).toBe(0);
});

/** What is wrong with the answer to a call; undefined if nothing is. */
async function wrongWith(service: RunningService, call: FuzzCall): Promise<string | undefined> {
  const url = `${service.url}${sentPathOf(call)}`;
  const { method, headers, body } = call;
  const request = call.signed
    ? signedRequest(service.credentials, url, call.signed)
    : new Request(url, { method, headers, ...(body !== undefined && { body }) });
  const answer = await fetch(request, {
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    redirect: "manual",
  });
  const type = answer.headers.get("Content-Type")?.split(";")[0] ?? "";
  const isStream = type === "text/event-stream";
  // A stream would go on; that it is one is all that is looked at.
  if (isStream) await answer.body?.cancel();
  const text = isStream ? "" : await answer.text();
  const { status } = answer;
  const told = `${status} ${text.slice(0, 500)}`;
  if (status >= 500) return told;
  if (!/^[\w.-]{1,64}$/.test(answer.headers.get("X-Request-Id") ?? "")) return `no id: ${told}`;
  const isJson = type === "application/json" && method !== "HEAD";
  const value: unknown = isJson ? JSON.parse(text) : undefined;
  if (status === 200 && hasTaskId(value)) rememberTask(value.task_id);
  const { pathname } = new URL(url);
  // A part that is `.` or `..` makes it another call.
  const isMeant = url.split("?")[0] === `${service.url}${pathname}`;
  const operation = isMeant ? call.operation : undefined;
  // The page of the service, or what it says of itself.
  if (!operation && method === "GET" && /^\/*$/.test(pathname))
    return status === 200 ? undefined : told;
  if (!operation) return status >= 400 && errorFaultOf(value) === undefined ? undefined : told;
  const expected = operation.answers.get(status);
  // As GET would have it, without the body.
  if (method === "HEAD") return expected ? undefined : told;
  if (!expected) return `no status of this call: ${told}`;
  if (type !== "" && ![type, "*/*"].some((one) => expected.types.includes(one)))
    return `is ${type}: ${told}`;
  const fault = isJson || type === "" ? expected.faultOf(value) : undefined;
  if (fault !== undefined) return `not in its form: ${fault}: ${told}`;
  const { codes } = expected;
  if (status >= 400 && codes.length > 0 && !codes.includes(codeOf(value)))
    return `not one of ${codes}: ${told}`;
  return undefined;
}

const hasTaskId = (value: unknown): value is { readonly task_id: string } =>
  typeof value === "object" && value !== null && "task_id" in value;

const codeOf = (value: unknown): string =>
  (value as { readonly error: { readonly code: string } }).error.code;

/** Cancels what has not ended, and waits until all has. */
async function untilIdle(service: RunningService): Promise<void> {
  const path = "/api/v1/task/transcoding";
  await eventually(async () => {
    let open = 0;
    for (const status of ["PENDING", "RUNNING"]) {
      const answer = await service.call(`${path}?status=${status}&limit=100`);
      const { tasks } = (await answer.json()) as { readonly tasks: readonly { task_id: string }[] };
      open += tasks.length;
      for (const { task_id } of tasks)
        await (await service.call(`${path}/${task_id}/cancel`, { method: "POST" })).text();
    }
    return open === 0 ? true : undefined;
  });
}
