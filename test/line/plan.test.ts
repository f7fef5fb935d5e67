import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { TaskLogAnswer, TaskPlanAnswer } from "../../src/http/schemas/plan-schemas.ts";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { publish, startRtmpServer } from "../fixtures/live-peers.ts";
import { LIVE_ENV, untilEnded } from "../fixtures/live-tasks.ts";
import { startMediaServer } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** An ffmpeg that writes down what each run of it is given. */
const calls = tempFolder();
const program = join(tempFolder(), "ffmpeg");
writeFileSync(program, `#!/bin/sh\nprintf '%s\\0' "$@" > "${calls}/$$"\nexec ffmpeg "$@"\n`);
chmodSync(program, 0o755);

const WALLED = { client_code: "bob", public_key: "pk-bob", private_key: "of bob" };
const ADA = { client_code: "ada", public_key: "pk-ada", private_key: "of ada" };
const [server, elsewhere] = [await startMediaServer(), await startMediaServer()];
const home = newHome();
copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
const service = await ofFile(
  startService(home, {
    ...LIVE_ENV,
    PONTUS_FFMPEG: program,
    PONTUS_CLIENTS: JSON.stringify([ADA, { ...WALLED, hosts: [new URL(server.url("/")).host] }]),
  }),
);

const PLAN = "/api/v1/task/transcoding/plan";
const planOf = async (body: unknown, by = service): Promise<TaskPlanAnswer> => {
  const response = await by.call(PLAN, { body });
  expect(response.status).toBe(200);
  return (await response.json()) as TaskPlanAnswer;
};
const logOf = async (id: string): Promise<TaskLogAnswer> =>
  (await (await service.call(`/api/v1/task/transcoding/${id}/log`)).json()) as TaskLogAnswer;

/** The arguments of all runs since the last look, in the order in which they began. */
function executed(): string[][] {
  const names = readdirSync(calls).map((name) => join(calls, name));
  const byTime = names.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  return byTime
    .map((path) => readFileSync(path, "utf8").split("\0").slice(0, -1))
    .filter((args) => args.includes("-progress"));
}

/**
 * What differs between a plan and its run: the task in names of segments, the place of a file, the relays that streams go through, and
 * the engine's own limit of pictures in front of each input.
 */
const alike = (args: readonly string[], id?: string): string[] =>
  args
    .filter((arg, at) => arg !== "-max_pixels" && args[at - 1] !== "-max_pixels")
    .map((arg) =>
      arg
        .replaceAll(id?.slice(-12) ?? "000000000000", "TASK")
        .replace(/^file:.*/, "file:input")
        .replaceAll(/rtmp:\/\/127\.0\.0\.1:\d+\/[^|\\]+/g, "RTMP"),
    );

/** Plans a task, runs it, and compares the arguments. @returns the plan and the task's id */
async function expectPlanned(body: Record<string, unknown>, run = untilEnded) {
  const plan = await planOf(body);
  expect(plan.error).toBeUndefined();
  const before = executed().length;
  const id = await service.create(body);
  expect(await run(service, id)).toMatchObject({ task_status: "SUCCESS" });
  const steps = plan.steps ?? [];
  const runs = executed().slice(before).slice(-steps.length);
  expect(runs.length).toBeGreaterThan(0);
  for (const [at, step] of steps.entries()) {
    const wanted = alike(step.arguments);
    expect(alike(runs[at] ?? [], id).slice(-wanted.length)).toEqual(wanted);
  }
  const told = (await logOf(id)).attempts[0]?.decisions ?? [];
  expect(told.filter((sentence) => sentence.startsWith("Runs ffmpeg"))).toHaveLength(steps.length);
  return { plan, id };
}

const from = (source_url: string, profile_name: string, ...targets: readonly string[]) => ({
  source: { source_url },
  profile_name,
  targets: targets.map((target_url) => ({ target_url })),
});

describe("what is planned is what is run", () => {
  test("of files: an encode, a copy, a clip in two passes with a poster", async () => {
    const { plan, id } = await expectPlanned(
      from("in.mp4", "video_mp4_160x120_200kbps", "a.mp4", "b/a.mp4"),
    );
    expect(plan.source.streams?.map(({ uses }) => uses)).toEqual([
      [{ targets: [0, 1], action: "encode", why: "size 320x180 is not 160x120" }],
      [{ targets: [0, 1], action: "encode", why: "channels 1 are not 2" }],
    ]);
    const { attempts } = await logOf(id);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1]);
    expect(attempts[0]?.lines.join("\n")).toContain("[libx264] [info]");
    expect(attempts[0]?.decisions).toContainEqual(
      expect.stringContaining("targets[0], targets[1] will be mp4: video encode to h264 160x120"),
    );
    await expectPlanned(from("in.mp4", "video_mp4_transmux", "copy.mp4"));
    const twoPass = {
      profile_name: "twice",
      qlties: [
        {
          ...{ container: "mp4", format: "h264", bitrate: 100_000, rc_mode: "2passvbr" },
          ...{ audio_format: "none", width: 160, height: 120 },
        },
      ],
    };
    expect((await service.call("/api/v1/profile", { body: twoPass })).status).toBe(200);
    await expectPlanned({ ...from("in.mp4", "twice", "twice.mp4"), clip: { start_seconds: 1 } });
    await expectPlanned(from("in.mp4", "video_jpg_160x120_200kbps", "poster.jpg"));
  });

  test("of sets, simple and adaptive", async () => {
    await expectPlanned(from("in.mp4", "video_hls_160x120_200kbps", "simple.m3u8"));
    const { plan } = await expectPlanned(from("in.mp4", "video_dash_adaptive", "set.mpd"));
    expect(plan.outputs?.[0]?.renditions).toEqual([{ width: 320, height: 180 }]);
  });

  test("of sources elsewhere, of which a plan reads parts: a file, a set", async () => {
    const large = join(tempFolder(), "large.mp4");
    // Its index is at its end.
    await ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=s=640x360:d=3,noise=alls=90:allf=t"],
      ...["-f", "lavfi", "-i", "sine=d=3", "-c:v", "mpeg4", "-q:v", "1", "-c:a", "aac"],
      large,
    ]);
    server.files.set("/large.mp4", readFileSync(large));
    expect(statSync(large).size).toBeGreaterThan(10 << 20);
    const { plan } = await expectPlanned(
      from(server.url("/large.mp4"), "video_mp4_160x120_200kbps", "large.mp4"),
    );
    expect(plan.warnings?.map(({ code }) => code)).toEqual(["source_sampled"]);
    expect(plan.source).toMatchObject({ size_bytes: statSync(large).size });
    const { source: __, ...joining } = from("", "video_mp4_160x120_200kbps", "joined.mp4");
    const sources = ["in.mp4", server.url("/large.mp4")].map((url) => ({ source_url: url }));
    const { plan: joined } = await expectPlanned({ ...joining, sources });
    expect(joined.steps?.map(({ name }) => name)).toEqual(["join", "encode"]);
    expect(joined.warnings?.map(({ code }) => code)).toEqual(["source_sampled"]);
    const set = tempFolder();
    await ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=s=160x120:d=20", "-f", "lavfi", "-i", "sine=d=20"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac"],
      ...["-f", "hls", "-hls_time", "2", "-hls_list_size", "0", join(set, "in.m3u8")],
    ]);
    server.folders.set("/set/", set);
    const { plan: ofSet } = await expectPlanned(
      from(server.url("/set/in.m3u8"), "video_mp4_160x120_200kbps", "set.mp4"),
    );
    expect(ofSet.warnings?.map(({ code }) => code)).toEqual(["source_sampled"]);
    expect(ofSet.source.duration_seconds).toBeCloseTo(20, 0);
    const segments = server.asked.filter(({ path }) => path.endsWith(".ts"));
    // Ten for the task, and before that the first six seconds for the plan.
    expect(segments).toHaveLength(10 + 3);
  });

  test("of live tasks: a stream that is followed, and a file that is sent as one", async () => {
    const rtmp = await ofFile(startRtmpServer());
    const live = (name: string) => `${rtmp.url}/live/${name}`;
    // Pictures alone: where its sound begins beside them differs from one look at a stream to the next.
    const publisher = publish(live("in"), { args: ["-an"] });
    const body = from(live("in"), "video_hls_160x120_200kbps", live("out"), "live/rec.m3u8");
    const untilPublished = async () => {
      for (;;) {
        const { error } = await planOf(body);
        if (!error) return;
        expect(error.detail).toStartWith("Cannot read the source");
      }
    };
    await untilPublished();
    await expectPlanned(body, async (_, id) => {
      await service.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 3);
      await publisher.stop();
      return untilEnded(service, id);
    });
    const { plan } = await expectPlanned(from("in.mp4", "video_flv_transmux", live("sent")));
    expect(plan.outputs).toMatchObject([{ targets: [0], container: "flv" }]);
  });
});

describe("a plan", () => {
  test("leaves nothing in scratch, at the targets or in the list of tasks", async () => {
    const list = async () => (await service.call("/api/v1/task/transcoding?limit=100")).json();
    const before = await list();
    const plan = await planOf(from("in.mp4", "video_mp4_160x120_200kbps", "never/made.mp4"));
    expect(plan.steps).toHaveLength(1);
    expect(await list()).toEqual(before);
    expect(readdirSync(home.media)).not.toContain("never");
    const scratch = readdirSync(join(home.data, "scratch"), { recursive: true }).join("\n");
    expect(scratch).not.toContain("plan-");
  });

  test("of a source that fails says with what, as the task does", async () => {
    writeFileSync(join(home.media, "noise.mp4"), "no media at all, but enough of it".repeat(99));
    for (const source of ["none.mp4", "noise.mp4"]) {
      const body = from(source, "video_mp4_160x120_200kbps", "out.mp4");
      const { error } = await untilEnded(service, await service.create(body));
      const plan = await planOf(body);
      expect(plan.error).toEqual(error as NonNullable<TaskPlanAnswer["error"]>);
      expect(plan).not.toHaveProperty("steps");
    }
  });

  test("goes nowhere that its client may not reach, wherever a server leads", async () => {
    elsewhere.files.set("/in.mp4", readFileSync(await clip()));
    server.next(
      "/moved.mp4",
      [(_, response) => response.writeHead(302, { Location: elsewhere.url("/in.mp4") }).end()],
      "stays",
    );
    const body = from(server.url("/moved.mp4"), "video_mp4_160x120_200kbps", "moved.mp4");
    expect((await planOf(body)).error).toBeUndefined();
    expect(elsewhere.asked.length).toBeGreaterThan(0);
    elsewhere.asked.length = 0;
    const walled = await planOf(body, service.as(WALLED));
    expect(walled.error?.code).toBe("ParameterError");
    expect(elsewhere.asked).toEqual([]);
    const direct = from(elsewhere.url("/in.mp4"), "video_mp4_160x120_200kbps", "x.mp4");
    expect((await service.as(WALLED).call(PLAN, { body: direct })).status).toBe(403);
  });
});
