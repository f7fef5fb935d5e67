import { describe, expect, test } from "bun:test";
import { MARK_FILTERS } from "../../src/plan/encode/overlay/watermark.ts";
import { liveProtocolOf } from "../../src/plan/live/live-protocols.ts";
import { toRendition } from "../../src/profile/qlty.ts";
import {
  type CreateTaskPorts,
  createTask,
  type TaskRequest,
} from "../../src/service/create-task.ts";
import type { Admission, NewTask } from "../../src/store/store.ts";
import { TaskError } from "../../src/task/errors.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

const CALLER = {
  clientCode: "ada",
  admin: false,
  requestsPerSecond: null,
  pendingMax: null,
  notification: null,
  webhookSecrets: null,
  reach: null,
  nonce: { clientCode: "ada", nonce: "1", expiresMs: 9 },
};

const aRequest = (changes: Partial<TaskRequest> = {}): TaskRequest => ({
  sourceUrl: "in.mp4",
  targets: [{ url: "out.mp4" }],
  priority: 0,
  ...changes,
});

/** Ports that write down what happens, in order. */
function aDesk() {
  const done: string[] = [];
  const tasks: { task: NewTask; admission: Admission }[] = [];
  const address = async (url: string) => ({ url, key: `file:/${url.replace(/^\.\//, "")}` });
  const rendition = { container: "mp4", video: "copy", audio: "copy" } as const;
  const ports: CreateTaskPorts = {
    tasks: {
      create: async (task, admission) => {
        done.push("create");
        tasks.push({ task, admission });
        return "id-1";
      },
      findByIdempotency: async (_, { key }) => (key === "known" ? "id-0" : undefined),
    },
    profiles: {
      get: async (_, name) =>
        name.startsWith("own")
          ? { profile: { name, description: "", renditions: [rendition] }, createMs: 1 }
          : undefined,
      list: async () => [],
    },
    clients: {
      useNonce: async ({ nonce }) => {
        done.push(`nonce ${nonce}`);
      },
    },
    queue: { announceWork: () => void done.push("announce") },
    refuseWhileClosed: () => {},
    storages: [{ schemes: ["file"], source: address, target: address }],
    judgesWithin: () => [],
    capabilities: async () => ({
      engine: "native",
      version: "test",
      encoders: [],
      muxers: ["mp4"],
      filters: [],
      protocols: ["file"],
      options: [],
      deepEncoders: [],
      threads: 1,
    }),
    defaultProfile: "video_mp4_transmux",
    targetsMax: 2,
    pendingMax: 9,
  };
  const create = (changes: Partial<TaskRequest> = {}) =>
    createTask(ports, CALLER, async () => ({ request: aRequest(changes) }));
  return { ports, done, tasks, create };
}

describe("createTask", () => {
  test("judges what is read beside the source as the source, each about its field", async () => {
    const { create: createBy, tasks, ports } = aDesk();
    const here = {
      ...(await ports.capabilities()),
      encoders: ["libx264", "aac", "ffv1", "pcm_s16le"],
      filters: "concat trim atrim color anullsrc apad tpad aformat".split(" "),
    };
    Object.assign(ports, { capabilities: async () => here });
    const create = (changes: Partial<TaskRequest>) =>
      createBy({ profileName: "video_mp4_640x360_620kbps", ...changes });
    const extras = { sources: [{ url: "in.mp4" }, { url: "more.mp4" }] };
    expect(await taskErrorOf(createBy({ extras }))).toMatchObject({
      code: "output_not_supported",
      fields: [{ path: "sources", message: expect.stringContaining("copied") }],
    });
    await create({ extras });
    expect(tasks[0]?.task.extras).toEqual(extras);
    const bad = async (url: string) => {
      const asked = create({ extras: { sources: [{ url: "in.mp4" }, { url }] } });
      return asked.then(
        () => undefined,
        ({ code, fields, message }: TaskError) => ({ code, message, path: fields[0]?.path }),
      );
    };
    const path = "sources[1].source_url";
    expect(await bad("./out.mp4")).toMatchObject({
      ...{ code: "invalid_parameter", path },
      message: "Cannot create the task: a target is sources[1] itself",
    });
    expect(await bad("rtmp://ada:secret@host/live")).toEqual({
      ...{ code: "input_not_supported", path },
      message:
        'Cannot read sources[1] at "rtmp://***@host/live": addresses of the scheme "rtmp" are not supported here',
    });
    const live = liveProtocolOf("rtmp://host/live");
    const judge = async (url: string) => ({ url, key: url, ...(live && { live }) });
    const schemes = ["rtmp"];
    Object.assign(ports, {
      storages: [...ports.storages, { schemes, source: judge, target: judge }],
    });
    expect(await bad("rtmp://host/live")).toEqual({
      ...{ code: "input_not_supported", path },
      message: "Cannot read sources[1]: a live stream is read as the source alone",
    });
    const first = { url: "rtmp://host/live" };
    const ofLive = create({ sourceUrl: first.url, extras: { sources: [first, { url: "b.mp4" }] } });
    expect((await taskErrorOf(ofLive)).fields[0]?.path).toBe("sources[0].source_url");
    const options = { protocols: ["rtmp"], muxers: ["flv", "fifo", "tee"] };
    const able = { ...(await ports.capabilities()), ...options };
    Object.assign(ports, { capabilities: async () => able });
    const toLive = create({ extras, targets: [{ url: "rtmp://host/live" }] });
    expect(await taskErrorOf(toLive)).toMatchObject({
      message: "Cannot create the task: a live task reads nothing beside its source",
    });
  });

  test("judges the address of a watermark as the source's, about the profile that names it", async () => {
    const { create, ports } = aDesk();
    const { filters, ...here } = await ports.capabilities();
    const able = { ...here, filters: [...filters, ...MARK_FILTERS], encoders: ["libx264"] };
    const asked = (image_url: string) => {
      const shape = { place: "top", width: 0.1, margin: 0, opacity: 1 } as const;
      const watermark = { image_url, ...shape };
      const group = { container: "mp4", bitrate: 1, audio_format: "none", watermark } as const;
      const profile = { name: "own", description: "", renditions: [toRendition(group)] };
      Object.assign(ports, {
        capabilities: async () => able,
        profiles: { ...ports.profiles, get: async () => ({ profile, createMs: 1 }) },
      });
      return create({ targets: [{ url: "out.mp4", profileName: "own" }] });
    };
    expect(await asked("logo.png")).toBe("id-1");
    expect(await taskErrorOf(asked("ftp://ada:secret@host/logo.png"))).toMatchObject({
      code: "input_not_supported",
      message:
        'Cannot read the watermark at "ftp://***@host/logo.png": addresses of the scheme "ftp" are not supported here',
      fields: [{ path: "targets[0].profile_name" }],
    });
    expect((await taskErrorOf(asked("./out.mp4"))).message).toBe(
      "Cannot create the task: a target is the watermark itself",
    );
  });

  test("says of a task whether its source is a live stream", async () => {
    const { ports, tasks } = aDesk();
    const live = liveProtocolOf("srt://:9000?mode=listener");
    const address = async (url: string) => ({ url, key: `file:/${url}` });
    const source = async (url: string) => ({ url, key: url, ...(live && { live }) });
    const able = { ...(await ports.capabilities()), protocols: ["file", "srt"] };
    const livePorts: CreateTaskPorts = {
      ...ports,
      storages: [{ schemes: ["file"], source, target: address }],
      capabilities: async () => able,
    };
    const targets = [{ url: "out.mp4" }];
    const create = (changes: Partial<TaskRequest> = {}) =>
      createTask(livePorts, CALLER, async () => ({ request: aRequest({ targets, ...changes }) }));
    await create();
    expect(tasks[0]?.task.isLive).toBe(true);
    // What is of a film alone is refused by its own field.
    for (const [path, more] of [
      ["clip", { clip: { startSeconds: 1 } }],
      ["title", { extras: { title: "A film" } }],
    ] as const)
      expect(await taskErrorOf(create(more))).toMatchObject({
        code: "invalid_parameter",
        fields: [{ path }],
      });
  });

  test("stores the task with its nonce, then wakes the workers", async () => {
    const { create, done, tasks } = aDesk();
    expect(await create()).toBe("id-1");
    expect(done).toEqual(["create", "announce"]);
    expect(tasks[0]).toEqual({
      task: {
        clientCode: "ada",
        sourceUrl: "in.mp4",
        profileName: "video_mp4_transmux",
        targets: [{ url: "out.mp4", key: "file:/out.mp4" }],
        assignments: [
          { rendition: { container: "mp4", video: "copy", audio: "copy" }, targets: [0] },
        ],
        customProfiles: [],
        priority: 0,
      },
      admission: { nonce: CALLER.nonce, pendingMax: 9 },
    });
  });

  test("passes the idempotency key on", async () => {
    const { ports, tasks } = aDesk();
    const idempotency = { key: "k", bodyDigest: "d" };
    await createTask(ports, CALLER, async () => ({ request: aRequest(), idempotency }));
    expect(tasks[0]?.admission).toEqual({ nonce: CALLER.nonce, pendingMax: 9, idempotency });
  });

  test("answers a known idempotency key with its task, judging nothing and using the nonce", async () => {
    const { ports, done } = aDesk();
    const request = aRequest({ sourceUrl: "s3://b/a", profileName: "gone" });
    const idempotency = { key: "known", bodyDigest: "d" };
    expect(await createTask(ports, CALLER, async () => ({ request, idempotency }))).toBe("id-0");
    expect(done).toEqual(["nonce 1"]);
  });

  test("does nothing at all while no task is taken", async () => {
    const { ports, done } = aDesk();
    const closed = {
      ...ports,
      refuseWhileClosed: () => {
        throw new TaskError("service_unavailable", "Cannot take a task: the disk is full");
      },
    };
    const creating = createTask(closed, CALLER, async () => {
      done.push("read");
      return { request: aRequest() };
    });
    await expect(creating).rejects.toThrow("the disk is full");
    // The nonce is not used up: the same call may be made again.
    expect(done).toEqual([]);
  });

  test("names the client's own profiles, each once", async () => {
    const { create, tasks } = aDesk();
    const targets = [{ url: "a", profileName: "own2" }, { url: "b" }];
    await create({ profileName: "own1", targets });
    expect(tasks[0]?.task.customProfiles.toSorted()).toEqual(["own1", "own2"]);
  });

  test("uses the nonce itself where the call is refused before the store", async () => {
    const { ports, create, done } = aDesk();
    await expect(create({ sourceUrl: "s3://b/a" })).rejects.toThrow("s3");
    const unreadable = () => Promise.reject(new TaskError("malformed_json", "x"));
    await expect(createTask(ports, CALLER, unreadable)).rejects.toThrow("x");
    expect(done).toEqual(["nonce 1", "nonce 1"]);
  });

  test("leaves the nonce to the store where the store refuses", async () => {
    const { ports, done } = aDesk();
    const create = () => Promise.reject(new TaskError("task_conflict", "taken"));
    const tasks = { ...ports.tasks, create };
    const read = async () => ({ request: aRequest() });
    await expect(createTask({ ...ports, tasks }, CALLER, read)).rejects.toThrow("taken");
    expect(done).toEqual([]);
  });

  test.each([
    ["more targets than allowed", { targets: ["a", "b", "c"].map((url) => ({ url })) }, "targets"],
    ["the same target twice", { targets: [{ url: "a" }, { url: "./a" }] }, "targets[1].target_url"],
    ["the source as target", { targets: [{ url: "./in.mp4" }] }, "targets[0].target_url"],
  ])("refuses %s", async (_, changes, path) => {
    const { create } = aDesk();
    const error = await create(changes).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code: "invalid_parameter", fields: [{ path }] });
  });

  test("refuses what this engine cannot make", async () => {
    const { create } = aDesk();
    const refused = create({ profileName: "video_webm_vp9_1280x720_1200kbps" });
    await expect(refused).rejects.toMatchObject({ code: "output_not_supported" });
  });
});
