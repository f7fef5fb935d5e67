import { expect, test } from "bun:test";
import { TaskLogSchema } from "../../src/http/schemas/plan-schemas.ts";
import { appOfEachTest, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

test("GET log answers with what each run said, secrets masked, to its own client alone", async () => {
  const id = await created(app);
  const read = async () => TaskLogSchema.parse(await (await app.call(`${TASKS}/${id}/log`)).json());
  expect(await read()).toEqual({ attempts: [] });
  const work = await app.queue.claim({ id: "w", engine: "native" });
  if (!work) throw new Error("Expected a task to claim");
  await app.tasks.saveLog(work.claim, {
    lines: ["opening https://ada:pw@cdn.example/x?sig=abc"],
    decisions: ["sends to rtmp://live.example/app/key"],
  });
  expect(await read()).toEqual({
    attempts: [
      {
        attempt: 1,
        lines: ["opening https://***@cdn.example/x?sig=***"],
        decisions: ["sends to rtmp://live.example/app/***"],
      },
    ],
  });
  const { bob } = CLIENTS;
  expect(await refusalOf(await app.call(`${TASKS}/${id}/log`, { as: bob }))).toBe("404 NoSuchTask");
});
