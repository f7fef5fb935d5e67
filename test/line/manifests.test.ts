import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Answer,
  hang,
  type MediaServer,
  startMediaServer,
  status,
} from "../fixtures/media-server.ts";
import { eventually, hasEnded, type RunningService, startService } from "../fixtures/service.ts";
import { entryOf, STREAMED_SETS, type StreamedSet } from "../fixtures/streamed-sets.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;
let server: MediaServer;

beforeAll(async () => {
  server = await startMediaServer();
  service = await startService(undefined, {
    PONTUS_HTTP_TIMEOUT_SECONDS: "1",
    PONTUS_ATTEMPTS_MAX: "1",
    PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS: "3",
  });
});

afterAll(async () => {
  await service.stop();
  await server.close();
});

let served = 0;

/** Serves a set in a folder of its own, and gives that folder's path. */
function serve(set: StreamedSet): string {
  served += 1;
  for (const [name, bytes] of set) server.files.set(`/${served}/${name}`, bytes);
  return `/${served}`;
}

const make = async (shape: string): Promise<StreamedSet> => {
  const set = await STREAMED_SETS[shape]?.();
  if (!set) throw new Error(`no such shape: ${shape}`);
  return set;
};

const request = (source_url: string, target_url: string) => ({
  source: { source_url },
  profile_name: "video_mp4_320x240_240kbps",
  targets: [{ target_url }],
});

const WHOLE = {
  task_status: "SUCCESS",
  targets: [
    {
      output: {
        container: "mp4",
        video: { codec: "h264", width: 320, height: 240 },
        audio: { codec: "aac" },
      },
    },
  ],
};

describe("a task whose source is a manifest", () => {
  test.each(Object.keys(STREAMED_SETS))("becomes a file of the same length: %s", async (shape) => {
    const set = await make(shape);
    const folder = serve(set);
    const id = await service.create(
      request(server.url(`${folder}/${entryOf(set)}`), `out${folder}.mp4`),
    );
    const task = await service.until(id, hasEnded);
    expect(task).toMatchObject(WHOLE);
    expect(Math.abs((task.targets[0]?.output?.duration_seconds ?? 0) - 4)).toBeLessThan(0.1);
  });

  test("becomes a file of all its stretches, where time stamps begin anew", async () => {
    for (const shape of ["HLS of MPEG-TS", "HLS of fragmented mp4"]) {
      const set = await make(shape);
      const folder = serve(set);
      const lines = textOf(set, "entry.m3u8").split("\n");
      const segments = lines.slice(
        lines.findIndex((line) => line.startsWith("#EXTINF")),
        -2,
      );
      const whole = [...lines.slice(0, -2), "#EXT-X-DISCONTINUITY", ...segments, "#EXT-X-ENDLIST"];
      server.files.set(`${folder}/twice.m3u8`, Buffer.from(whole.join("\n")));
      const id = await service.create(
        request(server.url(`${folder}/twice.m3u8`), `out${folder}.mp4`),
      );
      const task = await service.until(id, hasEnded);
      expect(task).toMatchObject(WHOLE);
      expect(Math.abs((task.targets[0]?.output?.duration_seconds ?? 0) - 8)).toBeLessThan(0.2);
    }
  });

  test("becomes a file of all periods", async () => {
    const set = await make("DASH by numbers");
    const folder = serve(set);
    const text = textOf(set, "entry.mpd");
    const [, period = ""] = /<Period[^>]*>([\s\S]*)<\/Period>/.exec(text) ?? [];
    const twice = `<Period duration="PT4S">${period}</Period>`.repeat(2);
    const whole = text.replace(/<Period[\s\S]*<\/Period>/, twice);
    server.files.set(`${folder}/twice.mpd`, Buffer.from(whole));
    const id = await service.create(request(server.url(`${folder}/twice.mpd`), `out${folder}.mp4`));
    const task = await service.until(id, hasEnded);
    expect(task).toMatchObject(WHOLE);
    expect(Math.abs((task.targets[0]?.output?.duration_seconds ?? 0) - 8)).toBeLessThan(0.2);
  });

  test("is known by its type, and found where it was redirected to", async () => {
    const set = await make("HLS of MPEG-TS");
    const folder = serve(set);
    const type = { "content-type": "application/vnd.apple.mpegurl; charset=utf-8" };
    server.next(`${folder}/play?list=1`, [
      (_, response) => response.writeHead(200, type).end(set.get("entry.m3u8")),
    ]);
    server.next("/elsewhere", [status(302, { location: `${folder}/play?list=1` })]);
    const id = await service.create(request(server.url("/elsewhere"), `out${folder}.mp4`));
    expect(await service.until(id, hasEnded)).toMatchObject(WHOLE);
  });

  test("may lie in a media root, its segments beside it, and nowhere outside", async () => {
    const set = await make("HLS of variants with a group of sounds");
    const folder = join(service.home.media, "set");
    mkdirSync(folder);
    for (const [name, bytes] of set) writeFileSync(join(folder, name), bytes);
    const id = await service.create(request("set/entry.m3u8", "out/file.mp4"));
    expect(await service.until(id, hasEnded)).toMatchObject(WHOLE);
    writeFileSync(join(service.home.data, "secret.ts"), "secret");
    for (const uri of ["../../data/secret.ts", "..%2f..%2fdata/secret.ts"]) {
      writeFileSync(join(folder, "bad.m3u8"), playlistOf(uri));
      const bad = await service.create(request("set/bad.m3u8", "out/bad.mp4"));
      const { error } = await service.until(bad, hasEnded);
      expect(error?.code).toBe("ParameterError");
    }
  });
});

const textOf = (set: StreamedSet, name: string): string => set.get(name)?.toString() ?? "";

const playlistOf = (...uris: readonly string[]): string =>
  [
    "#EXTM3U",
    "#EXT-X-TARGETDURATION:1",
    ...uris.flatMap((uri) => ["#EXTINF:1,", uri]),
    "#EXT-X-ENDLIST",
    "",
  ].join("\n");

/** Answers with one more segment of a set every time, in a window of so many, and then in the end as told. */
function growing(set: StreamedSet, window: number, end: "ends" | "falls silent"): Answer {
  const lines = textOf(set, "entry.m3u8").split("\n");
  const head = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("#EXTINF")),
  );
  const segments = lines.filter((line) => /\.(?:ts|m4s)$/.test(line));
  let asked = 0;
  return (_, response) => {
    asked += 1;
    const until = Math.min(asked, segments.length);
    const from = Math.max(0, until - window);
    const hasEnded = end === "ends" && asked > segments.length;
    const named = segments.slice(from, until).flatMap((name) => ["#EXTINF:1,", name]);
    const kept = head.filter((line) => !/MEDIA-SEQUENCE|PLAYLIST-TYPE/.test(line));
    response.end(
      [...kept, `#EXT-X-MEDIA-SEQUENCE:${from}`, ...named, hasEnded ? "#EXT-X-ENDLIST" : ""].join(
        "\n",
      ),
    );
  };
}

describe("a task whose source is a manifest that grows", () => {
  test.each([
    ["HLS of MPEG-TS", 2, "ends"],
    ["HLS of MPEG-TS", 1, "falls silent"],
    ["HLS of fragmented mp4", 2, "ends"],
  ] as const)(
    "records all of it: %s, in a window of %d, until it %s",
    async (shape, window, end) => {
      const set = await make(shape);
      const folder = serve(set);
      server.next(`${folder}/live.m3u8`, [growing(set, window, end)], "stays");
      const id = await service.create(
        request(server.url(`${folder}/live.m3u8`), `out${folder}.mp4`),
      );
      const task = await service.until(id, hasEnded);
      expect(task).toMatchObject(WHOLE);
      expect(Math.abs((task.targets[0]?.output?.duration_seconds ?? 0) - 4)).toBeLessThan(0.1);
    },
  );

  test("ends as one that never came where it names nothing", async () => {
    server.files.set("/empty.m3u8", Buffer.from("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"));
    const id = await service.create(request(server.url("/empty.m3u8"), "out/empty.mp4"));
    const { error } = await service.until(id, hasEnded);
    expect(error).toMatchObject({ code: "TimeOut", detail: expect.stringContaining("within 3 s") });
  });

  test("is cancelled while it waits for more", async () => {
    const set = await make("HLS of MPEG-TS");
    const folder = serve(set);
    const text = textOf(set, "entry.m3u8").replace("#EXT-X-ENDLIST", "");
    server.files.set(`${folder}/live.m3u8`, Buffer.from(text));
    const id = await service.create(request(server.url(`${folder}/live.m3u8`), "out/cancel.mp4"));
    await eventually(() =>
      server.asked.some(({ path }) => path === `${folder}/entry3.ts`) ? true : undefined,
    );
    await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
    expect((await service.until(id, hasEnded)).task_status).toBe("CANCELLED");
  });
});

describe("a task whose source is a bad manifest", () => {
  test.each([
    ["a segment that is not there", ["none.ts"], "ParameterError", "there is no such file"],
    ["a server that hangs", ["/hang.ts"], "TimeOut", "nothing moved for 1 s"],
    ["a file of this machine", ["file:///etc/passwd"], "ParameterError", 'the scheme "file"'],
    ["a concatenation", ["concat:/etc/passwd|a.ts"], "ParameterError", 'the scheme "concat"'],
    ["a redirect to a file", ["/away.ts"], "ParameterError", 'the scheme "file"'],
    ["itself as a segment", ["bad.m3u8"], "InputNotSupported", "no audio or video file"],
    ["text as a segment", ["/text.ts"], "InvalidInputData", "no media file"],
  ])("that names %s fails and says why", async (_, uris, code, detail) => {
    server.next("/hang.ts", [hang], "stays");
    server.next("/away.ts", [status(302, { location: "file:///etc/passwd" })], "stays");
    server.files.set("/text.ts", Buffer.from("no film ".repeat(1_000)));
    server.files.set("/bad.m3u8", Buffer.from(playlistOf(...uris)));
    const id = await service.create(request(server.url("/bad.m3u8"), "out/bad.mp4"));
    const { error } = await service.until(id, hasEnded);
    expect(error).toMatchObject({ code, detail: expect.stringContaining(detail) });
  });

  test("that is called an mp4 is refused, and nothing it names is asked for", async () => {
    server.files.set("/film.mp4", Buffer.from(playlistOf(server.url("/asked-for.ts"))));
    const id = await service.create(request(server.url("/film.mp4"), "out/bad.mp4"));
    const { error } = await service.until(id, hasEnded);
    expect(error?.code).toBe("InputNotSupported");
    expect(server.asked.map(({ path }) => path)).not.toContain("/asked-for.ts");
  });

  test("that is encrypted with another key than it names fails and says why", async () => {
    const set = await make("HLS encrypted by AES-128");
    const folder = serve(set);
    server.files.set(`${folder}/secret.key`, Buffer.alloc(16, 8));
    const id = await service.create(request(server.url(`${folder}/entry.m3u8`), "out/bad.mp4"));
    const { error } = await service.until(id, hasEnded);
    expect(error?.code).toBe("InvalidInputData");
  });

  test("leaves nothing in scratch", async () => {
    const scratch = readdirSync(join(service.home.data, "scratch"), { recursive: true });
    expect(
      scratch.map(String).filter((name) => /segment-|main-|span-|manifest-/.test(name)),
    ).toEqual([]);
  });
});
