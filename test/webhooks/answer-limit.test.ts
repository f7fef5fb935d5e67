import { expect, spyOn, test } from "bun:test";
import { endedTask, notifierOf, statesOf, withBench } from "../fixtures/notified.ts";

test("a receiver that does not answer within 15 s is told again later", () =>
  withBench(async (bench, receiver) => {
    const over = new AbortController();
    receiver.answer = () => over.abort();
    // Not waited for: the time is over as soon as the receiver has been asked.
    using timeout = spyOn(AbortSignal, "timeout").mockReturnValue(over.signal);
    const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
    expect(await notifierOf(bench).tellDue()).toBe(1);
    expect(timeout.mock.calls).toEqual([[15_000]]);
    expect(await statesOf(bench, id)).toEqual([
      "PENDING Cannot notify the receiver: it did not answer within 15 s",
    ]);
  }));
