import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { OpenStreams } from "../../src/service/following/open-streams.ts";
import { waitForTask } from "../../src/service/following/wait-for-task.ts";
import { follow, sqliteEventBench, until } from "../fixtures/event-bench.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { createTask, startTask } from "../fixtures/store-bench.ts";

// Real commits on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Longer than any test: only a change, or a signal, ends the wait. */
const LONG_MS = 600_000;

function waiting(clientStreamsMax = 1) {
  const { bench, feed } = sqliteEventBench();
  const streams = new OpenStreams({ streamsMax: 9, clientStreamsMax });
  const leaving = new AbortController();
  const wait = (id: string, waitMs = LONG_MS, client = "ada") => {
    const ports = { tasks: bench.tasks, events: feed, streams };
    return waitForTask(ports, client, id, { waitMs, signal: leaving.signal });
  };
  /** Whether no wait counts any more. */
  const isFree = () => {
    streams.open("ada")();
    return true;
  };
  return { bench, feed, wait, isFree, leaving };
}

describe("waitForTask", () => {
  test("answers when the task changes, and takes no progress for a change", async () => {
    const { bench, feed, wait, isFree } = waiting();
    const { claim } = await startTask(bench);
    let isOver = false;
    const waited = wait(claim.taskId).finally(() => {
      isOver = true;
    });
    const progress = { phase: "TRANSCODING", outTimeSeconds: 1, speed: 1, fps: 1 } as const;
    await bench.tasks.saveProgress(claim, progress);
    // A follower that came later is told of the progress: by then the wait was, too.
    const later = await follow(feed, { clientCode: "ada" }, await feed.newest());
    await until(() => later.progress().length > 0);
    expect(isOver).toBe(false);
    await bench.tasks.cancel("ada", claim.taskId);
    expect(await waited).toMatchObject({ status: "RUNNING", cancelRequested: true, progress });
    expect(isFree()).toBe(true);
    feed.close();
  });

  test("answers at once if the task has ended, however many wait", async () => {
    const { bench, feed, wait } = waiting(0);
    const id = await createTask(bench);
    await bench.tasks.cancel("ada", id);
    expect((await wait(id)).status).toBe("CANCELLED");
    feed.close();
  });

  test("answers with the task as it is when the time is over, its caller has gone, or the service stops", async () => {
    const { bench, feed, wait, isFree, leaving } = waiting();
    const id = await createTask(bench);
    expect((await wait(id, 1)).status).toBe("PENDING");
    expect(isFree()).toBe(true);
    const left = wait(id);
    leaving.abort();
    expect((await left).status).toBe("PENDING");
    expect((await wait(id)).status).toBe("PENDING");
    expect(isFree()).toBe(true);
    feed.close();
    const stopped = waiting();
    const other = await createTask(stopped.bench);
    const cut = stopped.wait(other);
    await new Promise((resolve) => setImmediate(resolve));
    stopped.feed.close();
    expect((await cut).status).toBe("PENDING");
  });

  test("refuses those that wait beyond the limit, and tasks of others", async () => {
    const { bench, feed, wait } = waiting();
    const id = await createTask(bench);
    const first = wait(id);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await taskErrorOf(wait(id))).code).toBe("too_many_requests");
    expect((await taskErrorOf(wait(id, 1, "bob"))).code).toBe("no_such_task");
    await bench.tasks.cancel("ada", id);
    expect((await first).status).toBe("CANCELLED");
    feed.close();
  });
});
