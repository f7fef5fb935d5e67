import { describe, expect, test } from "bun:test";
import { CALLS } from "../../src/http/calls.ts";
import {
  ADMIN,
  appOfEachTest,
  aTask,
  CLIENTS,
  created,
  refusalOf,
  TASKS,
} from "../fixtures/http-app.ts";
import { type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const app = appOfEachTest();

/** What an operator is answered, with the status. */
async function asked(path: string, options: SignedCallOptions = {}): Promise<Answer> {
  const response = await app.call(`${ADMIN}${path}`, { as: CLIENTS.ops, ...options });
  return { status: response.status, ...((await response.json()) as object) };
}

type Answer = { readonly status: number } & Record<string, unknown>;

describe("calls of operators", () => {
  const calls = Object.values(CALLS).filter(({ path }) => path.includes("/admin/"));

  test.each(calls)(
    "$method $path is refused to whoever is no operator",
    async ({ method, path }) => {
      const url = path.replace("{version}", "1").replaceAll(/\{\w+\}/g, "bob");
      const body = method === "get" || method === "delete" ? {} : { body: { admin: "x" } };
      const response = await app.call(url, { method: method.toUpperCase(), ...body });
      expect(await refusalOf(response)).toBe("403 AccessDenied");
    },
  );

  test("list the tasks of all clients by filters of the query", async () => {
    const ada = await created(app, aTask({ metadata: { order: "A-17", "a.b[c]": "x" } }));
    const bob = await created(app, aTask({ targets: [{ target_url: "b.mp4" }] }), CLIENTS.bob);
    const idsOf = async (query: string) => {
      const { tasks } = await asked(`/tasks?${query}`);
      return (tasks as { task_id: string; client_code: string }[]).map(
        ({ task_id, client_code }) => [task_id, client_code],
      );
    };
    const [ofAda, ofBob] = [[ada, "ada"] as const, [bob, "bob"] as const];
    const year = new Date().getUTCFullYear();
    for (const [query, expected] of [
      ["", [ofBob, ofAda]],
      ["limit=1", [ofBob]],
      [`limit=1&cursor=${bob}`, [ofAda]],
      ["status=RUNNING,PENDING&client_code=bob", [ofBob]],
      ["status=FAILED", []],
      ["code=TimeOut,InternalError", []],
      ["metadata.order=A-17", [ofAda]],
      ["metadata[order]=A-17&metadata.a.b[c]=x", [ofAda]],
      ["profile_name=video_mp4_transmux", []],
      [`created_after=${year - 1}-01-01T00:00:00Z`, [ofBob, ofAda]],
      [`created_before=${year - 1}-01-01T00:00:00Z`, []],
    ] as const)
      expect([query, await idsOf(query)]).toEqual([query, expected as unknown as string[][]]);
    for (const query of [
      "status=DONE",
      "status=",
      "code=x",
      "created_before=now",
      "metadata=x",
      "metadata.__proto__=x",
    ])
      expect((await asked(`/tasks?${query}`)).status).toBe(400);
    expect(await asked("/tasks?cursor=x")).toMatchObject({
      status: 400,
      error: { code: "InvalidParameterException" },
    });
  });

  test("show, cancel and retry a task of any client", async () => {
    const id = await created(app);
    expect(await asked(`/tasks/${id}`)).toMatchObject({ status: 200, client_code: "ada" });
    expect(await asked(`/tasks/${id}/cancel`, { method: "POST" })).toMatchObject({
      status: 200,
      client_code: "ada",
      task_status: "CANCELLED",
    });
    expect(await asked(`/tasks/${id}/cancel`, { method: "POST" })).toMatchObject({ status: 409 });
    const again = { status: 200, client_code: "ada", task_status: "PENDING" };
    expect(await asked(`/tasks/${id}/retry`, { method: "POST" })).toMatchObject(again);
    const work = await app.queue.claim({ id: "worker-1", engine: "native" });
    expect(work?.task.id).toBe(id);
    expect(await asked(`/tasks/${id}`)).toMatchObject({ worker_id: "worker-1" });
    expect(await asked(`/tasks/${id}/cancel`, { method: "POST" })).toMatchObject({
      status: 202,
      cancel_requested: true,
      worker_id: "worker-1",
    });
    const missing = { status: 404, error: { code: "NoSuchTask" } };
    expect(await asked("/tasks/0")).toMatchObject(missing);
    expect(await asked("/tasks/0/retry", { method: "POST" })).toMatchObject(missing);
  });

  test("retry a task however many of its client's are pending", async () => {
    const id = await created(app);
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    await created(app, aTask({ targets: [{ target_url: "b.mp4" }] }));
    await asked("/clients/ada", { method: "PATCH", body: { pending_max: 1 } });
    const own = await app.call(`${TASKS}/${id}/retry`, { method: "POST" });
    expect(await refusalOf(own)).toBe("429 TooManyRequests");
    expect(await asked(`/tasks/${id}/retry`, { method: "POST" })).toMatchObject({ status: 200 });
  });

  test("add clients, which then sign calls, and are shown without private keys", async () => {
    const reach = { roots: ["/media/new"], hosts: { sources: ["a.example"], targets: [] } };
    const added = await asked("/clients", {
      body: {
        client_code: "new/1",
        weight: 3,
        running_max: 2,
        egress_deny: ["10.0.0.0/8"],
        ...reach,
      },
    });
    expect(added).toMatchObject({
      status: 200,
      client_code: "new/1",
      admin: false,
      disabled: false,
      weight: 3,
      running_max: 2,
      pending_max: null,
      roots: { sources: ["/media/new"], targets: ["/media/new"] },
      hosts: { sources: ["a.example"], targets: [] },
      egress_deny: ["10.0.0.0/8"],
    });
    expect(added["private_key"]).toMatch(/^[0-9a-f]{64}$/);
    expect(await statusOf(added)).toBe(200);
    const { clients, next_cursor } = await asked("/clients?limit=2&cursor=bob");
    expect(JSON.stringify(clients)).not.toContain("private_key");
    expect((clients as { client_code: string }[]).map((each) => each.client_code)).toEqual([
      "eve",
      "new/1",
    ]);
    expect(next_cursor).toBe("new/1");
    const taken = { status: 409, error: { code: "ClientExists" } };
    expect(await asked("/clients", { body: { client_code: "new/1" } })).toMatchObject(taken);
    const key = { client_code: "other", public_key: added["public_key"] };
    expect(await asked("/clients", { body: key })).toMatchObject(taken);
    const chosen = { client_code: "own", public_key: "pk-own", private_key: "own secret" };
    expect(await asked("/clients", { body: { ...chosen, admin: true } })).toMatchObject(chosen);
    for (const wrong of [
      { client_code: "a b" },
      { client_code: "a", roots: ["relative"] },
      { client_code: "a", egress_allow: ["10.0.0.0/99"] },
      { client_code: "a", weight: 0 },
      { client_code: "a", colour: "red" },
      {},
    ])
      expect((await asked("/clients", { body: wrong })).status).toBe(400);
  });

  test("change a client at once: its limits, and whether it may call", async () => {
    const change = (code: string, body: unknown) =>
      asked(`/clients/${code}`, { method: "PATCH", body });
    const limits = { weight: 9, pending_max: 1, running_max: null, requests_per_second: 7 };
    expect(await change("ada", limits)).toMatchObject({ status: 200, ...limits, disabled: false });
    await app.call(TASKS, { body: aTask() });
    expect(await change("ada", { disabled: true })).toMatchObject({ ...limits, disabled: true });
    expect((await app.call(TASKS)).status).toBe(401);
    await change("ada", { disabled: false, strong_only: true, pending_max: null });
    expect((await app.call(TASKS)).status).toBe(401);
    expect((await app.call(TASKS, { form: "hmac-sha256" })).status).toBe(200);
    expect((await app.call(`${ADMIN}/queue`, { form: "hmac-sha256" })).status).toBe(403);
    await change("ada", { admin: true });
    expect((await app.call(`${ADMIN}/queue`, { form: "hmac-sha256" })).status).toBe(200);
    expect(await change("nobody", {})).toMatchObject({
      status: 404,
      error: { code: "NoSuchClient" },
    });
    for (const body of [{ roots: ["/x"] }, { second_public_key: "x" }, { weight: "9" }])
      expect((await change("ada", body)).status).toBe(400);
    for (const body of [{ disabled: true }, { admin: false }])
      expect(await change("ops", body)).toMatchObject({ status: 403 });
    expect((await change("ops", { weight: 2 })).status).toBe(200);
  });

  test("rotate the keys of a client, with the old ones valid until they are ended", async () => {
    const rotate = (body: unknown) => asked("/clients/ada/rotate", { body });
    const first = await rotate({});
    expect(first["second_public_key"]).toBe("pk-ada");
    expect([await statusOf(first), (await app.call(TASKS)).status]).toEqual([200, 200]);
    const end = { method: "PATCH", body: { second_public_key: null } };
    expect(await asked("/clients/ada", end)).not.toHaveProperty("second_public_key");
    expect([await statusOf(first), (await app.call(TASKS)).status]).toEqual([200, 401]);
    const second = await rotate({ keep_old: false });
    expect(second).not.toHaveProperty("second_public_key");
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
    expect((await asked("/clients/nobody/rotate", { body: {} })).status).toBe(404);
  });

  test("tell of the queue, the instances and the limits", async () => {
    await created(app);
    await app.queue.claim({ id: "worker-1", engine: "native" });
    await created(app, aTask({ targets: [{ target_url: "b.mp4" }] }));
    expect(await asked("/queue")).toMatchObject({
      pending: 1,
      waiting: 0,
      running: 1,
      taking: true,
      oldest_pending_seconds: expect.any(Number),
      longest_run_seconds: expect.any(Number),
      clients: [{ client_code: "ada", pending: 1, running: 1 }],
    });
    const { workers } = await asked("/workers");
    expect(workers).toEqual([
      {
        worker_id: "worker-1",
        is_this: false,
        running: 1,
        live: 0,
        lease_end_time: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
    expect(await asked("/limits")).toMatchObject({ status: 200, concurrency: 2, targets_max: 32 });
  });

  test("begin a drain, tell of it, and end it", async () => {
    const idle = { status: 200, draining: false, drained: false, running: 0 };
    expect(await asked("/drain")).toEqual(idle);
    const begun = await asked("/drain", { body: { hand_back_after_seconds: 60 } });
    expect(begun).toMatchObject({ draining: true, drained: true, running: 0, handed_back: 0 });
    expect(Object.keys(begun)).toEqual(expect.arrayContaining(["since_time", "hand_back_time"]));
    expect(await asked("/drain")).toEqual(begun);
    expect(await asked("/drain", { body: {} })).not.toHaveProperty("hand_back_time");
    expect(await asked("/drain", { method: "DELETE" })).toEqual(idle);
    expect((await asked("/drain", { body: { hand_back_after_seconds: -1 } })).status).toBe(400);
  });
});

/** The status of a list that is signed with the keys of an answer. */
async function statusOf(keys: Answer): Promise<number> {
  const request = signedRequest(keys as never, `http://media.pontus.test${TASKS}`);
  return (await app.fetch(request)).status;
}
