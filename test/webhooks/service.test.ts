import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { clip } from "../fixtures/clips.ts";
import { shown } from "../fixtures/notified.ts";
import { answering, type Receiver, startReceiver } from "../fixtures/receiver.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

/** What became of each event. */
type Told = { readonly notifications: readonly { readonly tries: number }[] };

const TASKS = "/api/v1/task/transcoding";
const ended = () => receiver.messages.some((message) => shown(message).startsWith("ended"));

async function create(service: RunningService): Promise<string> {
  copyFileSync(await clip({ seconds: 1 }), join(service.home.media, "in.mp4"));
  return service.create({
    source: { source_url: "in.mp4" },
    profile_name: "video_mp4_transmux",
    targets: [{ target_url: "out.mp4" }],
    notification: { url: receiver.url },
  });
}

describe("notifications of a real service", () => {
  test.each([
    ["Bun", BUN],
    ["Deno", deno()],
  ])("tell of a task from its creation to its end, on %s", async (_, command) => {
    receiver.messages.length = 0;
    receiver.answer = answering(204);
    const service = await startService(newHome(), {}, command);
    const id = await create(service);
    await eventually(() => ended() || undefined);
    expect(receiver.messages.map(shown)).toEqual([
      ...["created 1", "started 2", "target 3", "target 4", "ended 5"],
    ]);
    const kept = JSON.parse(readFileSync(join(service.home.data, "credentials.json"), "utf8"));
    const last = receiver.messages.at(-1);
    const headers = Object.fromEntries(
      Object.entries(last?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(new Webhook(kept.webhook_secrets[0]).verify(last?.body ?? "", headers)).toMatchObject({
      type: "ended",
      data: { task_id: id, task_status: "SUCCESS" },
    });
    expect(await service.stop()).toBe(0);
  });

  test("are told by the next start, where the service was killed while the receiver was away", async () => {
    receiver.messages.length = 0;
    receiver.answer = answering(503);
    const home = newHome();
    const first = await startService(home);
    const id = await create(first);
    await first.until(id, ({ task_status }) => task_status === "SUCCESS");
    // Killed between a try and its record, it would hold the turn to its lease's end.
    await eventually(async () => {
      const told = (await (await first.call(`${TASKS}/${id}/notifications`)).json()) as Told;
      return told.notifications.some(({ tries }) => tries > 0) || undefined;
    });
    await first.stop("SIGKILL");
    receiver.answer = answering(204);
    const second = await startService(home);
    // Or it would wait for the end of the pause.
    const replay = `${TASKS}/${id}/notifications/${id}-1/replay`;
    expect((await second.call(replay, { method: "POST" })).status).toBe(200);
    await eventually(() => ended() || undefined);
    expect([...new Set(receiver.messages.map(shown))]).toEqual([
      ...["created 1", "started 2", "target 3", "target 4", "ended 5"],
    ]);
    const answer = await second.call(`${TASKS}/${id}/notifications`);
    expect(((await answer.json()) as Told).notifications).toHaveLength(5);
    await second.stop();
  });
});
