import { describe, expect, test } from "bun:test";
import { TaskCreated } from "../../src/http/schemas/create-schemas.ts";
import { anApp, aTask, CLIENTS, refusalOf, TASKS } from "../fixtures/http-app.ts";

const into = (target_url: string) => aTask({ targets: [{ target_url }] });

describe("TooManyRequests: more pending tasks than a client may have", () => {
  const refusedBy = async (response: Response) => {
    expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
    return refusalOf(response);
  };

  test("by the config, for a create and a retry, in both languages", async () => {
    const { call } = await anApp({ pendingMax: 1 });
    const create = (name: string, headers = {}) => call(TASKS, { body: into(name), headers });
    const { task_id } = TaskCreated.parse(await (await create("a.mp4")).json());
    await call(`${TASKS}/${task_id}/cancel`, { method: "POST" });
    expect((await create("b.mp4")).status).toBe(200);
    expect(await refusedBy(await create("c.mp4"))).toBe("429 TooManyRequests");
    const retry = await call(`${TASKS}/${task_id}/retry`, { method: "POST" });
    expect(await refusedBy(retry)).toBe("429 TooManyRequests");
    const english = await (await create("c.mp4")).json();
    expect(english.error.message).toBe(
      "Cannot take in another task: 1 of this client are pending, which is as many as may be",
    );
    const chinese = await (await create("c.mp4", { "Accept-Language": "zh-CN" })).json();
    expect(chinese.error.message).toStartWith("请求过于频繁（");
  });

  test("by the client's record, which goes before the config", async () => {
    const { call, ports } = await anApp({ pendingMax: 1 });
    await ports.clients.seed([{ ...CLIENTS.ada, pendingMax: 2 }]);
    for (const name of ["a.mp4", "b.mp4"])
      expect((await call(TASKS, { body: into(name) })).status).toBe(200);
    expect(await refusedBy(await call(TASKS, { body: into("c.mp4") }))).toBe("429 TooManyRequests");
  });
});
