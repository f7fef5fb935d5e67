import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { filmOfHiddenEnd } from "../fixtures/edit-lists.ts";
import {
  cutRange,
  hang,
  type MediaServer,
  part,
  startMediaServer,
  status,
  whole,
} from "../fixtures/media-server.ts";
import { startSandboxed } from "../fixtures/sandbox.ts";
import { eventually, hasEnded, type RunningService, type TaskAnswer } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let server: MediaServer;
let service: RunningService;
let film: Buffer;
let large: Buffer;

beforeAll(async () => {
  server = await startMediaServer();
  film = readFileSync(await clip({ seconds: 2, args: ["-g", "25"] }));
  // Of several blocks, its index at the end.
  large = readFileSync(await clip({ seconds: 30, width: 640, height: 360, args: ["-qp", "8"] }));
  server.files.set("/in.mp4", film);
  server.files.set("/large.mp4", large);
  service = await startSandboxed(server, {
    PONTUS_HTTP_TIMEOUT_SECONDS: "1",
    PONTUS_ATTEMPTS_MAX: "1",
  });
});

afterAll(async () => {
  await service.stop();
  await server.close();
});

const request = (profile_name: string, source: string, ...targets: string[]) => ({
  source: { source_url: server.url(source) },
  profile_name,
  targets: targets.map((path) => ({ target_url: server.url(path) })),
});

const isDone = ({ task_status }: TaskAnswer) => task_status === "SUCCESS";

async function run(profile: string, source: string, ...targets: string[]): Promise<TaskAnswer> {
  const id = await service.create(request(profile, source, ...targets));
  return await service.until(id, hasEnded);
}

/** Writes what the server holds below a path into a folder, and gives the codecs and the frames that ffprobe finds. */
function play(path: string): { readonly codecs: readonly string[]; readonly packets: number } {
  const folder = tempFolder();
  for (const [name, bytes] of server.files) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  const shown = ["-count_packets", "-show_entries", "stream=codec_type,codec_name,nb_read_packets"];
  const args = ["-v", "error", ...shown, "-of", "json", join(folder, path)];
  const { streams } = JSON.parse(execFileSync("ffprobe", args, { encoding: "utf8" })) as {
    streams: { codec_type: string; codec_name: string; nb_read_packets: string }[];
  };
  const first = streams.find(({ codec_type }) => codec_type === "video") ?? streams[0];
  return {
    codecs: streams.map(({ codec_name }) => codec_name),
    packets: Number(first?.nb_read_packets),
  };
}

const below = (prefix: string): readonly string[] =>
  [...server.files.keys()].filter((path) => path.startsWith(prefix));

describe("the service in a sandbox", () => {
  test("says that it keeps tasks in memory, and why this engine", async () => {
    const { checks } = (await (await fetch(`${service.url}/readyz`)).json()) as {
      checks: Record<string, { detail: string }>;
    };
    expect(checks["engine"]?.detail).toBe("wasm: ffmpeg 5.1.4, as nothing may be written here");
    expect(checks["store"]?.detail).toContain("in memory, as there is no disk");
    expect(service.log()).toContain("tasks are kept in memory");
    expect(existsSync(service.home.data)).toBe(false);
  });

  test.each([
    ["video_mp4_320x240_240kbps", "mp4", ["h264", "aac"], 50],
    ["video_mov_transmux", "mov", ["h264", "aac"], 50],
    ["video_mpegts_transmux", "ts", ["h264", "aac"], 50],
    ["video_mkv_transmux", "mkv", ["h264", "aac"], 50],
    ["video_flv_transmux", "flv", ["h264", "aac"], 50],
    ["audio_mp3_128kbps", "mp3", ["mp3"], 85],
    ["audio_m4a_128kbps", "m4a", ["aac"], 95],
  ] as const)("makes %s from HTTP to HTTP", async (profile, extension, codecs, packets) => {
    const target = `/made/${profile}.${extension}`;
    const task = await run(profile, "/in.mp4", target);
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
    const { output } = task.targets[0] ?? {};
    expect(output?.size_bytes).toBe(server.files.get(target)?.length ?? -1);
    expect(output?.duration_seconds).toBeCloseTo(2, 0);
    const played = play(target);
    expect(played.codecs).toEqual([...codecs]);
    expect(Math.abs(played.packets - packets)).toBeLessThan(3);
  });

  test.each(["video_hls_320x240_240kbps", "video_hls_transmux"])(
    "sends the segments of %s before the playlist, under names of their own",
    async (profile) => {
      const task = await run(profile, "/in.mp4", `/sets/${profile}.m3u8`);
      expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
      expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 0);
      const puts = server.asked.filter(
        ({ method, path }) => method === "PUT" && path.startsWith(`/sets/${profile}`),
      );
      expect(puts.at(-1)?.path).toBe(`/sets/${profile}.m3u8`);
      expect(puts.length).toBeGreaterThan(1);
      expect(puts[0]?.path).toMatch(/\/pontus\.[\w-]+\.[\w-]+-00000\.ts$/);
      expect(play(`/sets/${profile}.m3u8`)).toEqual({ codecs: ["h264", "aac"], packets: 50 });
    },
  );

  test("encodes instead of copying what an edit list hides at the end", async () => {
    server.files.set("/hidden.mp4", readFileSync(await filmOfHiddenEnd()));
    const task = await run("video_mkv_transmux", "/hidden.mp4", "/made/hidden.mkv");
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
    const [warning, ...others] = task.warnings ?? [];
    expect([warning?.code, others]).toEqual(["hidden_media", []]);
    expect(warning?.message).toStartWith("The picture is encoded instead of copied: an edit list");
  });

  test("steps over what is no sound in front of an MP3, and refuses half an AVI", async () => {
    const song = { seconds: 2, video: false, audio: "libmp3lame", container: "mp3" } as const;
    const junk = Buffer.from("<html>".repeat(20_000));
    server.files.set("/junk.mp3", Buffer.concat([junk, readFileSync(await clip(song))]));
    const heard = await run("audio_m4a_128kbps", "/junk.mp3", "/made/junk.m4a");
    expect([heard.task_status, heard.error]).toEqual(["SUCCESS", undefined]);
    expect(heard.warnings?.map(({ code }) => code)).toEqual(["source_damage"]);
    expect(heard.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 0);
    const avi = readFileSync(await clip({ seconds: 4, video: "mpeg4", container: "avi" }));
    server.files.set("/half.avi", avi.subarray(0, avi.length / 2));
    const cut = await run("video_mp4_320x240_240kbps", "/half.avi", "/made/half.mp4");
    expect(cut.error?.detail).toStartWith(
      `Cannot use the source "${server.url("/half.avi")}": it is cut off: `,
    );
  });

  test("reads a large source by ranges, and sends it in chunks to two targets at once", async () => {
    const task = await run("video_mp4_transmux", "/large.mp4", "/large/a.mp4", "/large/b.mp4");
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
    const asked = server.asked.filter(({ path }) => path === "/large.mp4");
    expect(asked.length).toBeGreaterThan(large.length / 2 ** 20);
    const put = server.asked.find(
      ({ method, path }) => method === "PUT" && path === "/large/a.mp4",
    );
    expect(put?.headers["transfer-encoding"]).toBe("chunked");
    expect(server.files.get("/large/a.mp4")?.equals(server.files.get("/large/b.mp4") ?? film)).toBe(
      true,
    );
    expect(play("/large/a.mp4")).toEqual({ codecs: ["h264", "aac"], packets: 750 });
  });

  test.each([
    ["video_mov_transmux", "mov"],
    ["video_mkv_transmux", "mkv"],
    ["video_flv_transmux", "flv"],
    ["video_hls_transmux", "m3u8"],
  ])("makes %s of a large source, which no muxer goes back in", async (profile, extension) => {
    const task = await run(profile, "/large.mp4", `/large/${profile}.${extension}`);
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
    expect(play(`/large/${profile}.${extension}`).packets).toBe(750);
  });

  test("goes on where a source was cut off", async () => {
    server.files.set("/cut.mp4", large);
    const cut = cutRange(large, 300_000);
    server.next("/cut.mp4", [cutRange(large, 2 ** 21), cut, cut, cut]);
    const task = await run("video_mp4_transmux", "/cut.mp4", "/cut/a.mp4");
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
    expect(play("/cut/a.mp4").packets).toBe(750);
  });

  test("holds a source that is only given whole, where it is small", async () => {
    server.next("/whole.mp4", [whole(film)], "stays");
    const task = await run("video_mp4_transmux", "/whole.mp4", "/whole/a.mp4");
    expect([task.task_status, task.error]).toEqual(["SUCCESS", undefined]);
  });
});

describe("the service in a sandbox refuses", () => {
  test.each([
    ["a file", { source: { source_url: "/in.mp4" } }, "InputNotSupported"],
    ["a target that is a file", { targets: [{ target_url: "/out.mp4" }] }, "OutputNotSupported"],
    [
      "an encoder that waits for ever",
      { profile_name: "video_mp4_h265_320x240_240kbps" },
      "OutputNotSupported",
    ],
  ])("%s, when the task is created", async (_, change, code) => {
    const body = { ...request("video_mp4_transmux", "/in.mp4", "/no.mp4"), ...change };
    const answer = await service.call("/api/v1/task/transcoding", { body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });

  test("two passes, as nothing can be kept between them", async () => {
    const qlty = { container: "mp4", bitrate: 300_000, rc_mode: "2passvbr", audio_bitrate: 64_000 };
    const profile = { profile_name: "two", description: "two passes", qlties: [qlty] };
    expect((await service.call("/api/v1/profile", { body: profile })).status).toBe(200);
    const body = request("two", "/in.mp4", "/no.mp4");
    const answer = await service.call("/api/v1/task/transcoding", { body });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("two passes"),
    ]);
  });
});

describe("a task in a sandbox fails, and leaves nothing,", () => {
  test.each([
    ["is missing", [status(404)], "ParameterError", "no such file"],
    [
      "is no film",
      [whole(Buffer.from("no film\n".repeat(999)))],
      "InvalidInputData",
      "Cannot read the source",
    ],
    [
      "is large and only given whole",
      [part(Buffer.alloc(2 ** 26), 10, "silence")],
      "InputNotSupported",
      "32 MiB",
    ],
    ["hangs", [hang], "TimeOut", "nothing moved"],
  ] as const)("where its source %s", async (why, answers, code, detail) => {
    const name = why.replaceAll(" ", "-");
    server.next(`/${name}.mp4`, answers, "stays");
    const task = await run("video_mp4_transmux", `/${name}.mp4`, `/bad/${name}.mp4`);
    expect(task.error).toMatchObject({ code, detail: expect.stringContaining(detail) });
    expect(below(`/bad/${name}`)).toEqual([]);
  });

  test("where its source changes while it is read", async () => {
    server.files.set("/changing.mp4", large);
    server.next(
      "/changing.mp4",
      [cutRange(large, 2 ** 21), cutRange(large.subarray(1), 2 ** 21)],
      "stays",
    );
    const task = await run("video_mp4_transmux", "/changing.mp4", "/bad/changing.mp4");
    expect(task.error?.detail).toContain("it changed while it was read");
    expect(below("/bad/changing")).toEqual([]);
  });

  test.each([
    ["a small file", "video_mp4_transmux", "/in.mp4", "/put/small.mp4", "/put/small.mp4"],
    ["a large file", "video_mp4_transmux", "/large.mp4", "/put/large.mp4", "/put/large.mp4"],
    ["a playlist", "video_hls_transmux", "/in.mp4", "/put/set.m3u8", "/put/set.m3u8"],
  ])("where the server refuses %s", async (_, profile, source, target, refused) => {
    server.next(refused, [status(403)], "stays");
    const task = await run(profile, source, target);
    expect(task.targets[0]).toMatchObject({
      target_status: "FAILED",
      error: { code: "OutputNotSupported", detail: expect.stringContaining("403") },
    });
    expect(server.files.has(target)).toBe(false);
  });

  test("at one target, while the other gets the file", async () => {
    server.next("/pair/no.mp4", [status(403)], "stays");
    const task = await run("video_mp4_transmux", "/large.mp4", "/pair/no.mp4", "/pair/yes.mp4");
    expect(task.targets.map(({ target_status }) => target_status)).toEqual(["FAILED", "SUCCESS"]);
    expect(below("/pair/")).toEqual(["/pair/yes.mp4"]);
  });
});

describe("a cancelled task in a sandbox", () => {
  test.each([
    ["video_mp4_640x360_520kbps", "/cancelled/a.mp4"],
    ["video_hls_640x360_520kbps", "/cancelled/b.m3u8"],
  ])("of %s ends, and takes away what it had sent", async (profile, target) => {
    const id = await service.create(request(profile, "/large.mp4", target));
    await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 7);
    if (target.endsWith(".m3u8"))
      await eventually(() => (below("/cancelled/b/").length > 0 ? true : undefined));
    const path = `/api/v1/task/transcoding/${id}/cancel`;
    expect((await service.call(path, { method: "POST" })).status).toBe(202);
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    expect(below("/cancelled/")).toEqual([]);
    // It works on.
    const next = await service.create(request("video_mp4_transmux", "/in.mp4", `/after${target}`));
    await service.until(next, isDone);
  });
});
