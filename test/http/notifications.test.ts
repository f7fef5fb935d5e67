import { describe, expect, test } from "bun:test";
import { DeliverySchema, NotificationPageSchema } from "../../src/http/schemas/delivery-schemas.ts";
import { TaskSchema } from "../../src/http/schemas/task-schemas.ts";
import { appOfEachTest, aTask, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();
const url = "https://name:pass@hooks.example/ada?token=t1";
const webhookSecrets = [`whsec_${Buffer.alloc(24).toString("base64")}`];
const ADA = { ...CLIENTS.ada, webhookSecrets };

/** Creates a task of ada's as her record is given, and reads what the task says of its receiver. */
async function notificationOf(record: Partial<typeof ADA>, body: Record<string, unknown> = {}) {
  await app.ports.clients.seed([{ ...ADA, ...record }]);
  const id = await created(app, aTask(body));
  const task = await app.call(`${TASKS}/${id}`);
  return TaskSchema.parse(await task.json()).notification;
}

describe("notification of a create", () => {
  test("is kept with the task, and shown without its credentials", async () => {
    const shown = "https://***@hooks.example/ada?token=***";
    const notification = { url, events: ["ended", "progress"] };
    expect(await notificationOf({}, { notification })).toEqual({
      url: shown,
      events: ["ended", "progress"],
    });
  });

  test("is by default what the client's record says, as it was then", async () => {
    const notification = { url: "https://ada.example/", events: ["ended" as const] };
    const before = await created(app, aTask({ targets: [{ target_url: "1.mp4" }] }));
    expect(await notificationOf({ notification })).toEqual(notification);
    const task = await app.call(`${TASKS}/${before}`);
    expect(await task.json()).not.toHaveProperty("notification");
  });

  test("may be another one, or none, in place of the client's", async () => {
    const own = { notification: { url: "https://ada.example/" } };
    const other = { notification: { url: "https://other.example/" } };
    expect(await notificationOf(own, other)).toEqual(other.notification);
    const none = { targets: [{ target_url: "2.mp4" }], notification: { url, events: [] } };
    expect(await notificationOf(own, none)).toBeUndefined();
  });

  test.each([
    ["is no object", "https://hooks.example/", "notification"],
    ["has no address", {}, "notification.url"],
    ["has an address of another scheme", { url: "ftp://hooks.example/" }, "notification.url"],
    [
      "has an address with half a character",
      { url: "https://a.example/\ud800" },
      "notification.url",
    ],
    ["has events that there are not", { url, events: ["ended", "end"] }, "notification.events[1]"],
  ])("is refused where it %s", async (_, notification, path) => {
    await app.ports.clients.seed([ADA]);
    const response = await app.call(TASKS, { body: aTask({ notification }) });
    const { error } = await response.clone().json();
    expect(await refusalOf(response)).toBe("400 InvalidParameterException");
    expect(error.details.map((each: { path: string }) => each.path)).toEqual([path]);
  });

  test("is refused where the client has no secrets that it could be signed with", async () => {
    const response = await app.call(TASKS, { body: aTask({ notification: { url } }) });
    expect((await response.json()).error.details).toEqual([
      {
        path: "notification",
        message: "the client has no webhook_secrets that notifications are signed with",
      },
    ]);
  });

  test("is refused beyond what the client may reach, unless its operator has named it", async () => {
    const reach = { source: {}, target: { hosts: ["media.example"] } };
    await app.ports.clients.seed([{ ...ADA, reach }]);
    const refused = await app.call(TASKS, { body: aTask({ notification: { url } }) });
    expect(await refusalOf(refused)).toBe("403 AccessDenied");
    const inside = { url: "https://media.example:8443/hook" };
    expect(await notificationOf({ reach }, { notification: inside })).toEqual(inside);
    const named = { url: "https://hooks.example/" };
    const body = { targets: [{ target_url: "2.mp4" }], notification: named };
    expect(await notificationOf({ reach, notification: named }, body)).toEqual(named);
  });
});

describe("notifications of a task", () => {
  const list = async (id: string, query = "") => {
    const response = await app.call(`${TASKS}/${id}/notifications${query}`);
    return NotificationPageSchema.parse(await response.json());
  };

  async function failedOnce(): Promise<string> {
    await app.ports.clients.seed([ADA]);
    const id = await created(app, aTask({ notification: { url } }));
    const { notifications } = app;
    const [telling] = await notifications.take(1, () => 1);
    if (!telling) throw new Error("Expected something to tell");
    const detail = "Cannot notify the receiver: it answered with status 503";
    await notifications.settle(telling, { state: "FAILED", httpStatus: 503, detail });
    return id;
  }

  test("are listed with what became of each, in pages", async () => {
    const id = await failedOnce();
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    const first = await list(id, "?limit=1");
    expect(first).toMatchObject({
      notifications: [
        {
          ...{ notification_id: `${id}-1`, sequence: 1, type: "created", tries: 1 },
          ...{ notification_status: "FAILED", response_status: 503 },
          error: { detail: "Cannot notify the receiver: it answered with status 503" },
        },
      ],
      next_cursor: "1",
    });
    expect(first.notifications[0]?.last_try_time).toBe(first.notifications[0]?.time);
    const rest = await list(id, `?limit=9&cursor=${first.next_cursor}`);
    expect(rest.next_cursor).toBeUndefined();
    expect(
      rest.notifications.map((each) => [each.type, each.notification_status, each.tries]),
    ).toEqual([
      ["target", "PENDING", 0],
      ["ended", "PENDING", 0],
    ]);
    expect((await list(await created(app))).notifications).toEqual([]);
  });

  test("are replayed by their names", async () => {
    const id = await failedOnce();
    const response = await app.call(`${TASKS}/${id}/notifications/${id}-1/replay`, {
      method: "POST",
    });
    expect(response.status).toBe(200);
    expect(DeliverySchema.parse(await response.json())).toMatchObject({
      ...{ notification_id: `${id}-1`, notification_status: "PENDING", tries: 0 },
    });
    expect((await app.notifications.take(1, () => 1)).map(({ event }) => event.sequence)).toEqual([
      1,
    ]);
  });

  test("are the task's own client's alone, and only those that there are", async () => {
    const id = await failedOnce();
    const replay = (name: string) => `${TASKS}/${id}/notifications/${name}/replay`;
    const as = CLIENTS.bob;
    for (const [expected, path, options] of [
      ["404 NoSuchTask", `${TASKS}/${id}/notifications`, { as }],
      ["404 NoSuchTask", replay(`${id}-1`), { as, method: "POST" }],
      ["404 NoSuchResource", replay(`${id}-2`), { method: "POST" }],
      ["404 NoSuchResource", replay(`${id.replace("0", "1")}-1`), { method: "POST" }],
      ["404 NoSuchResource", replay("1"), { method: "POST" }],
      ["400 InvalidParameterException", `${TASKS}/${id}/notifications?limit=0`, {}],
      ["400 InvalidParameterException", `${TASKS}/${id}/notifications?cursor=x`, {}],
    ] as const)
      expect([path, await refusalOf(await app.call(path, options))]).toEqual([path, expected]);
  });
});

describe("the receiver of a client", () => {
  const CLIENTS_PATH = "/api/v1/admin/clients";
  const [old = ""] = webhookSecrets;
  const fresh = `whsec_${Buffer.alloc(64, 1).toString("base64")}`;
  const change = async (body: object) => {
    const path = `${CLIENTS_PATH}/bob`;
    return app.call(path, { method: "PATCH", body });
  };
  const recordOf = async () => app.ports.clients.byPublicKey(CLIENTS.bob.publicKey);

  test("is set by operators, with its secrets, which are shown when the client is added, and never again", async () => {
    await app.ports.clients.seed([{ ...ADA, admin: true }]);
    const added = await (await app.call(CLIENTS_PATH, { body: { client_code: "new" } })).json();
    expect(added.webhook_secrets).toHaveLength(1);
    expect(added.webhook_secrets[0]).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const notification = { url, events: ["ended"] };
    const answer = await change({ notification, webhook_secrets: [fresh, old] });
    const shown = await answer.text();
    expect(shown).not.toContain("whsec_");
    expect(JSON.parse(shown).notification).toEqual({
      url: "https://***@hooks.example/ada?token=***",
      events: ["ended"],
    });
    expect(await recordOf()).toMatchObject({ notification, webhookSecrets: [fresh, old] });
    expect(await (await app.call(CLIENTS_PATH)).text()).not.toContain("whsec_");
    expect((await change({ notification: null, webhook_secrets: null })).status).toBe(200);
    expect(await recordOf()).toMatchObject({ notification: null, webhookSecrets: null });
  });

  test.each([
    [{ notification: { url } }, "notification"],
    [{ notification: { url: "ftp://a/" }, webhook_secrets: [old] }, "notification.url"],
    [{ webhook_secrets: [] }, "webhook_secrets"],
    [{ webhook_secrets: [old, fresh, old] }, "webhook_secrets"],
    [{ webhook_secrets: ["whsec_c2hvcnQ="] }, "webhook_secrets[0]"],
  ])("is refused where it could not be told: %j", async (body, path) => {
    await app.ports.clients.seed([{ ...ADA, admin: true }]);
    const response = await change(body);
    expect(response.status).toBe(400);
    expect((await response.json()).error.details[0].path).toBe(path);
    expect(await recordOf()).toMatchObject({ notification: null, webhookSecrets: null });
  });
});
