import { expect, test } from "bun:test";
import { appOfEachTest, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

test("GET keys/{key} answers with the same key of the task each time, to its own client alone", async () => {
  const id = await created(app);
  const read = async (key: string) => (await app.call(`${TASKS}/${id}/keys/${key}`)).json();
  const first = await read("0");
  expect(first).toEqual({ key: 0, value: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(await read("0")).toEqual(first);
  const last = await read("999999");
  expect(last).toMatchObject({ key: 999_999 });
  expect(last).not.toMatchObject({ value: first.value });
  const others = await app.call(`${TASKS}/${id}/keys/0`, { as: CLIENTS.bob });
  expect(await refusalOf(others)).toBe("404 NoSuchTask");
  expect(await refusalOf(await app.call(`${TASKS}/nosuch/keys/0`))).toBe("404 NoSuchTask");
});

test.each(["-1", "01", "1.5", "1e3", "0x1", "%201", "1000000", "x"])(
  "GET keys/%s is refused: it is no number of a key",
  async (key) => {
    const answer = await app.call(`${TASKS}/${await created(app)}/keys/${key}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { code: "InvalidParameterException", details: [{ path: "key" }] },
    });
  },
);
