import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../fixtures/event-bench.ts";
import { type EventData, type Reading, readEvents } from "../fixtures/event-source.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const TASKS = "/api/v1/task/transcoding";
const services: RunningService[] = [];

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
});

const numbered = ({ task_id, sequence }: EventData): string => `${task_id} ${sequence}`;

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("the service on %s", (_, command) => {
  test("tells everything once to one who comes back after it was killed, and one who comes back after a stop", async () => {
    const home = newHome();
    const heard: EventData[] = [];
    const ids: string[] = [];
    let lastId = "0";
    let targets = 0;
    const start = async () => {
      const service = await startService(home, { PONTUS_CONCURRENCY: "0" }, command);
      services.push(service);
      return service;
    };
    const create = async (service: RunningService) => {
      targets += 1;
      const source = { source_url: "in.mp4" };
      ids.push(await service.create({ source, targets: [{ target_url: `out-${targets}.mp4` }] }));
    };
    const read = async (service: RunningService): Promise<Reading> => {
      const headers = { "Last-Event-ID": lastId };
      return readEvents(await service.call(`${TASKS}/events`, { headers }));
    };
    const keep = (reading: Reading) => {
      heard.push(...reading.logged());
      lastId = reading.lastId();
    };
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      const service = await start();
      // Written while nobody listens.
      await create(service);
      const reading = await read(service);
      for (let count = 0; count < 5; count += 1) await create(service);
      await service.call(`${TASKS}/${ids.at(-1)}/cancel`, { method: "POST" });
      await until(() => reading.logged().length > 2);
      await service.stop(signal);
      await until(reading.isOver);
      keep(reading);
    }
    const last = await read(await start());
    await until(() => heard.length + last.logged().length >= ids.length + 3 * 2);
    keep(last);
    await last.leave();
    const expected = ids.flatMap((id, at) =>
      ((at + 1) % 6 === 0 ? [1, 2, 3] : [1]).map((n) => `${id} ${n}`),
    );
    expect(heard.map(numbered)).toEqual(expected);
  });
});
