import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  isThere,
  LIVE_SHAPES,
  type LiveManifestServer,
  serveLiveManifest,
} from "../fixtures/live-manifests.ts";
import { seesMore, viewOnceThere } from "../fixtures/live-peers.ts";
import { createLive, isAllUp, rises, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { startMediaServer, whole } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { eventually, type TaskAnswer } from "../fixtures/service.ts";
import { entryOf, STREAMED_SETS } from "../fixtures/streamed-sets.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const [{ service, live }, server] = await Promise.all([
  // Longer than the seconds that are held, so that a source may be away and come back.
  startLiveHost({ PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS: "20" }),
  ofFile(startMediaServer()),
]);

const outTime = ({ progress }: TaskAnswer): number => progress?.out_time_seconds ?? 0;
const cancel = (id: string) =>
  service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });

/** The numbers of the segments of a source that were asked for. */
const askedOf = ({ path }: LiveManifestServer): readonly number[] =>
  server.asked.flatMap((asked) => {
    const [, number] = asked.path.startsWith(path) ? (/(\d+)\.\w+$/.exec(asked.path) ?? []) : [];
    return number === undefined ? [] : [Number(number)];
  });

/** When flashes and beeps of a file begin, in s. */
async function marksOf(path: string) {
  const filters = [
    "-vf",
    "negate,blackdetect=d=0.1:pix_th=0.2",
    "-af",
    "silencedetect=n=-30dB:d=0.3",
  ];
  const { stderr } = await promisify(execFile)("ffmpeg", [
    "-i",
    path,
    ...filters,
    "-f",
    "null",
    "-",
  ]);
  const all = (pattern: RegExp) => [...stderr.matchAll(pattern)].map(([, at]) => Number(at));
  return { flashes: all(/black_start:([\d.]+)/g), beeps: all(/silence_end: ([\d.]+)/g) };
}

describe("a live task whose source is a manifest that grows", () => {
  test.concurrent.each(LIVE_SHAPES)(
    "sends it on and records it while it comes: %s",
    async (shape) => {
      const source = serveLiveManifest(server, shape);
      const publisher = source.publish({ isMarked: true });
      await isThere(source);
      const name = shape.replace(/\W/g, "-");
      const outs = [live(name), `${name}.mp4`];
      const id = await createLive(service, source.url, outs, "video_mp4_160x120_200kbps");
      const viewer = await viewOnceThere(live(name));
      await seesMore(viewer, 75);
      const task = await service.until(
        id,
        ({ targets: [first] }) => first?.target_status === "RUNNING",
      );
      expect(task).toMatchObject({ task_status: "RUNNING", attempt: 1 });
      expect(task.progress?.percent).toBeUndefined();
      await service.until(id, (now) => outTime(now) > 6 && (now.targets[0]?.bytes_sent ?? 0) > 0);
      await publisher.stop("SIGTERM");
      const end = await untilEnded(service, id);
      expect(end).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
      await viewer.stop();
      expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
      // Picture and sound stayed together, but perhaps where the busy machine had a run begin anew.
      const { flashes, beeps } = await marksOf(join(service.home.media, `${name}.mp4`));
      expect(flashes.length).toBeGreaterThan(4);
      const apart = flashes.map((at) => Math.min(...beeps.map((beep) => Math.abs(beep - at))));
      expect(apart.filter((seconds) => seconds > 0.1).length).toBeLessThan(3);
    },
  );

  test.concurrent("begins near its live edge, and encodes once for all targets", async () => {
    const source = serveLiveManifest(server, "HLS of MPEG-TS");
    const publisher = source.publish({ args: ["-hls_list_size", "0"] });
    await eventually(() => (readdirSync(source.folder).includes("live8.ts") ? true : undefined));
    const outs = [live("edge-0"), live("edge-1")];
    const id = await createLive(service, source.url, outs, "video_mp4_160x120_200kbps");
    await service.until(id, isAllUp);
    const [first = 0] = askedOf(source);
    // Three segments of 1 s, or of 2 as the playlist rounds them up.
    expect(first).toBeGreaterThan(1);
    await publisher.stop("SIGTERM");
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("goes on when its server was away, and when its encoder begins anew", async () => {
    const source = serveLiveManifest(server, "HLS of MPEG-TS");
    const first = source.publish();
    await isThere(source);
    const id = await createLive(service, source.url, [live("away")]);
    const viewer = await viewOnceThere(live("away"));
    await service.until(id, isAllUp);
    server.folders.delete(source.path);
    // One that is just being written.
    server.next(`${source.path}live.m3u8`, [whole(Buffer.from("#EXTM"))]);
    await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    server.folders.set(source.path, source.folder);
    await seesMore(viewer, 50);
    await first.stop("SIGKILL");
    await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    const second = source.publish();
    await seesMore(viewer, 50);
    const task = await service.until(id, ({ progress }) => progress?.phase === "TRANSCODING");
    expect(task).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    expect(await untilEnded(service, id)).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
    expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
  });

  test.concurrent("begins a run of its own behind a break, of another size too", async () => {
    const source = serveLiveManifest(server, "HLS of fragmented mp4");
    const first = source.publish();
    await isThere(source);
    const id = await createLive(
      service,
      source.url,
      [live("broken"), "broken.mp4"],
      "video_mp4_160x120_200kbps",
    );
    const viewer = await viewOnceThere(live("broken"));
    await service.until(id, isAllUp);
    await first.stop("SIGKILL");
    const second = source.publish({
      size: "192x144",
      args: ["-hls_flags", "append_list", "-hls_fmp4_init_filename", "other.mp4"],
    });
    await eventually(() =>
      server.asked.some(({ path }) => path === `${source.path}other.mp4`) ? true : undefined,
    );
    await seesMore(viewer, 75);
    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
    expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
  });

  test.concurrent("ends when it has fallen silent for long enough", async () => {
    const source = serveLiveManifest(server, "HLS of MPEG-TS");
    const publisher = source.publish();
    await isThere(source);
    const id = await createLive(service, source.url, [live("silent"), "silent.mp4"]);
    await service.until(id, isAllUp);
    await publisher.stop("SIGKILL");
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
    expect(end.targets[1]?.output?.duration_seconds).toBeGreaterThan(2);
  });

  test.concurrent("is cancelled, and its stream closed", async () => {
    const source = serveLiveManifest(server, "HLS of MPEG-TS");
    const publisher = source.publish();
    await isThere(source);
    const id = await createLive(service, source.url, [live("cancelled")]);
    const viewer = await viewOnceThere(live("cancelled"));
    await service.until(id, isAllUp);
    await cancel(id);
    expect((await untilEnded(service, id)).task_status).toBe("CANCELLED");
    const scratch = readdirSync(join(service.home.data, "scratch"), { recursive: true });
    expect(scratch.map(String).filter((name) => name.includes(id))).toEqual([]);
    const asked = askedOf(source).length;
    await eventually(() => (readdirSync(source.folder).length > 12 ? true : undefined));
    expect(askedOf(source)).toHaveLength(asked);
    await Promise.all([publisher.stop(), viewer.stop()]);
  });

  test.concurrent.each([
    ["nothing", [], "TimeOut", "within 20 s"],
    ["text as a segment", ["/text.ts"], "InvalidInputData", "no media file"],
    ["itself as a segment", ["bad.m3u8"], "InputNotSupported", "no audio or video file"],
    ["a file of this machine", ["file:///etc/passwd"], "ParameterError", 'the scheme "file"'],
    ["a part of a file", ["#EXT-X-BYTERANGE:9@0\na.ts"], "InputNotSupported", "not sent on live"],
  ] as const)("fails and says why where it names %s", async (what, uris, code, detail) => {
    const folder = `/bad-${what.replace(/ /g, "-")}`;
    const segments = uris.map((uri) => `#EXTINF:1,\n${uri}\n`).join("");
    const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${segments}`;
    server.files.set(`${folder}/bad.m3u8`, Buffer.from(text));
    server.files.set("/text.ts", Buffer.from("no film ".repeat(1_000)));
    const id = await createLive(service, server.url(`${folder}/bad.m3u8`), [live(folder.slice(1))]);
    const { task_status, error } = await untilEnded(service, id);
    expect(task_status).toBe("FAILED");
    expect(error).toMatchObject({ code, detail: expect.stringContaining(detail) });
  });
});

describe("a live task whose source is a manifest that is whole", () => {
  test.each(["HLS of MPEG-TS", "DASH by numbers"])("is sent at its own pace: %s", async (shape) => {
    const set = (await STREAMED_SETS[shape]?.()) ?? new Map<string, Buffer>();
    const folder = `/whole-${shape.replace(/\W/g, "-")}`;
    for (const [name, bytes] of set) server.files.set(`${folder}/${name}`, bytes);
    const out = live(`whole-${shape.replace(/\W/g, "-")}`);
    const id = await createLive(service, server.url(`${folder}/${entryOf(set)}`), [out]);
    const viewer = await viewOnceThere(out);
    const end = await untilEnded(service, id);
    expect(end.task_status).toBe("SUCCESS");
    expect(end.progress?.out_time_seconds).toBeCloseTo(4, 0);
    await viewer.stop();
  });
});
