import { describe, expect, test } from "bun:test";
import { TaskPageSchema } from "../../src/http/schemas/task-schemas.ts";
import { appOfEachTest, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

describe("DELETE task", () => {
  test("answers 204 without a body, and the task is gone", async () => {
    const id = await created(app);
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    const response = await app.call(`${TASKS}/${id}`, { method: "DELETE" });
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(response.headers.get("Content-Type")).toBeNull();
    expect(response.headers.get("X-Request-Id")).toMatch(/^[\w-]+$/);
    for (const method of ["GET", "DELETE"])
      expect(await refusalOf(await app.call(`${TASKS}/${id}`, { method }))).toBe("404 NoSuchTask");
    const page = TaskPageSchema.parse(await (await app.call(TASKS)).json());
    expect(page.tasks).toEqual([]);
  });

  test("is a 409 while the task is pending or running, and says so in both languages", async () => {
    const id = await created(app);
    const pending = await app.call(`${TASKS}/${id}`, { method: "DELETE" });
    expect(await refusalOf(pending)).toBe("409 TaskConflict");
    await app.queue.claim({ id: "w", engine: "native" });
    const headers = { "Accept-Language": "zh-CN" };
    const running = await app.call(`${TASKS}/${id}`, { method: "DELETE", headers });
    const { error } = (await running.json()) as { error: { code: string; message: string } };
    expect([running.status, error.code, error.message]).toEqual([
      409,
      "TaskConflict",
      `任务的当前状态或其他任务与此操作冲突（Cannot delete task "${id}": it is RUNNING）`,
    ]);
    expect((await app.call(`${TASKS}/${id}`)).status).toBe(200);
  });
});
