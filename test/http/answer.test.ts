import { describe, expect, test } from "bun:test";
import { pathOf, requestIdOf, respondProblem } from "../../src/http/answer.ts";
import { TaskError } from "../../src/task/errors.ts";
import { BASE } from "../fixtures/http-app.ts";
import { logged } from "../fixtures/logged.ts";

const aRequest = (headers: Record<string, string> = {}, signal?: AbortSignal): Request =>
  new Request(`${BASE}/api/v1/x?cursor=a`, { headers, ...(signal && { signal }) });

describe("requestIdOf", () => {
  test("keeps the caller's own where it is harmless", () => {
    expect(requestIdOf(aRequest({ "X-Request-Id": "abc-1.2_3" }))).toBe("abc-1.2_3");
  });

  test.each(["", "a b", "a".repeat(65), "<b>"])("makes a new one in place of %p", (own) => {
    expect(requestIdOf(aRequest({ "X-Request-Id": own }))).toMatch(/^[\da-f-]{36}$/);
  });
});

describe("pathOf", () => {
  test.each([
    ["http://h/a?b=c%20d", "/a?b=c%20d"],
    ["http://h:8080/api//x", "/api//x"],
    ["https://h/", "/"],
  ])("%s", (url, path) => {
    expect(pathOf(new Request(url))).toBe(path);
  });
});

describe("respondProblem", () => {
  test("logs a bug under the id that the caller gets, without the credentials of addresses", async () => {
    const records = await logged();
    const cause = new Error("Cannot open https://ann:hunter2@host/");
    const response = respondProblem(aRequest(), "id-1", new Error("broken", { cause }));
    expect(response.status).toBe(500);
    expect(records).toHaveLength(1);
    const text = JSON.stringify(records[0]?.properties);
    expect(text).toContain("id-1");
    expect(text).toContain("broken");
    expect(text).not.toContain("hunter2");
  });

  test("calls nothing a bug that is expected, or comes of a caller that has gone", async () => {
    const records = await logged();
    respondProblem(aRequest(), "id-1", new TaskError("no_such_task", "x"));
    respondProblem(aRequest({}, AbortSignal.abort()), "id-2", new Error("connection lost"));
    expect(records.map(({ level }) => level)).toEqual(["debug", "debug"]);
  });

  test("masks the credentials of addresses in messages and details", async () => {
    const fields = [{ path: "a", message: "is https://ann:hunter2@host/" }];
    const errors = [
      new TaskError("access_denied", "Cannot read https://ann:hunter2@host/"),
      new TaskError("invalid_parameter", "x", { fields }),
    ];
    for (const error of errors)
      expect(await respondProblem(aRequest(), "id", error).text()).toMatch(
        /^(?!.*hunter2).*\*\*\*/s,
      );
  });
});
