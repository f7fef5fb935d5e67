import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import {
  eventually,
  type Home,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const SLICES = 10;
/** Two groups of pictures each. */
const SECONDS = 4 * SLICES;

let home: Home;
let gate: string;
let service: RunningService;

/**
 * An encoder that notes which slices it begins, and holds or fails them where a file of the gate says so. One that is not to end before
 * another fails ends shortly after that.
 */
const encoder = (folder: string): string => `#!/bin/sh
for arg; do last=$arg; done
case "$*" in *" 1 -passlogfile"*) echo first >> ${folder}/passes;; esac
case "$last" in
*/slice-*.mp4)
  slice=$(basename "$last" .mp4)
  echo "$slice" >> ${folder}/began
  while [ -e "${folder}/hold-$slice" ]; do sleep 0.05; done
  if rm "${folder}/fail-$slice" 2>/dev/null; then echo "Error while filtering: odd" >&2; exit 1; fi
  if read awaited 2>/dev/null < "${folder}/outlast-$slice"; then
    ffmpeg "$@" || exit 1
    while [ -e "${folder}/$awaited" ]; do sleep 0.05; done
    exec sleep 0.5
  fi;;
esac
exec ffmpeg "$@"
`;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  service = await startService(home, {
    PONTUS_FFMPEG: join(gate, "ffmpeg"),
    PONTUS_RESUME_MIN_SECONDS: "6",
    PONTUS_SLICE_SECONDS: "3",
    PONTUS_ATTEMPTS_MAX: "9",
    ...env,
  });
};

beforeEach(async () => {
  [home, gate] = [newHome(), tempFolder()];
  writeFileSync(join(gate, "ffmpeg"), encoder(gate));
  chmodSync(join(gate, "ffmpeg"), 0o755);
  copyFileSync(await film(), join(home.media, "in.mp4"));
  await start();
  const qlty = {
    ...{ container: "mp4", format: "h264", rc_mode: "quality", quality: 70, width: 160 },
    ...{ audio_format: "aac", audio_bitrate: 64_000 },
  };
  const body = { profile_name: "long", qlties: [qlty] };
  expect((await service.call("/api/v1/profile", { body })).status).toBe(200);
});

afterEach(async () => {
  for (const name of readdirSync(gate)) if (name.startsWith("hold-")) open(name.slice(5));
  await service.stop("SIGKILL");
});

const film = (args: readonly string[] = [], seconds = SECONDS): Promise<string> =>
  clip({ seconds, width: 160, height: 90, args });

const create = (target_url: string, profile_name = "long"): Promise<string> =>
  service.create({
    source: { source_url: "in.mp4" },
    profile_name,
    targets: [{ target_url }],
  });

const hold = (slice: number): void => writeFileSync(join(gate, `hold-slice-${slice}`), "");
const open = (name: number | string): void =>
  rmSync(join(gate, typeof name === "number" ? `hold-slice-${name}` : `hold-${name}`), {
    force: true,
  });

/** The slices that encoders began, in their order. */
const began = (): readonly number[] =>
  (existsSync(join(gate, "began")) ? readFileSync(join(gate, "began"), "utf8") : "")
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(line.slice("slice-".length)));

/** How many first passes encoders began. */
const passes = (): number => readFileSync(join(gate, "passes"), "utf8").split("\n").length - 1;

/** The files of slices that are noted in work folders, or others. */
function noted(kind = "slice-"): readonly string[] {
  const scratch = join(home.data, "scratch");
  const notes = readdirSync(scratch, { recursive: true, encoding: "utf8" })
    .filter((name) => /^[^/]+\/[^/]+\/slices\.json$/.test(name))
    .map((name) => join(scratch, name));
  return notes.flatMap((note) => {
    const { parts } = JSON.parse(readFileSync(note, "utf8")) as {
      parts: { files: { name: string; at: string }[] }[];
    };
    return parts
      .flatMap(({ files }) => files)
      .filter(({ name }) => name.includes(kind))
      .map(({ name }) => join(note, "..", name));
  });
}

/** Waits until a slice is held while all before it are noted, in the run that goes on. */
const untilHeld = (slice: number): Promise<true> =>
  eventually(() => (began().at(-1) === slice && noted().length === slice ? true : undefined));

/** What the log says of how each attempt began its slices. */
async function beginnings(id: string): Promise<readonly string[]> {
  const answer = await service.call(`/api/v1/task/transcoding/${id}/log`);
  const { attempts } = (await answer.json()) as { attempts: { decisions: string[] }[] };
  return attempts
    .flatMap(({ decisions }) => decisions)
    .filter((line) => /^(Makes|Goes on with) \d+/.test(line));
}

/** What is left of tasks outside of targets: kept folders and work folders. */
const left = (): readonly string[] => {
  const kept = join(home.data, "kept");
  const scratch = readdirSync(join(home.data, "scratch"), { recursive: true, encoding: "utf8" });
  return [
    ...(existsSync(kept) ? readdirSync(kept) : []),
    ...scratch.filter((name) => name.includes("slice")),
  ];
};

const succeeds = (id: string) => service.until(id, ({ task_status }) => task_status === "SUCCESS");

/** The times and kinds of an output's packets, and the sound's own bytes. */
function packetsOf(name: string): readonly string[] {
  const probe = (stream: string, entries: string) =>
    execFileSync("ffprobe", [
      ...["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"],
      ...["-show_data_hash", "md5", join(home.media, name)],
    ]).toString();
  return [
    probe("v", "packet=pts_time,duration_time,flags").split("\n").toSorted().join("\n"),
    probe("a", "packet=pts_time,duration_time,data_hash"),
    probe("v", "format=duration"),
  ];
}

function ssimOf(name: string): number {
  const graph = "[1:v][0:v]scale2ref[s][o];[s][o]ssim";
  const paths = ["-i", join(home.media, name), "-i", join(home.media, "in.mp4")];
  const args = ["-v", "info", ...paths, "-lavfi", graph, "-f", "null", "-"];
  const { stderr } = Bun.spawnSync(["ffmpeg", ...args]);
  return Number(/All:([\d.]+)/.exec(stderr.toString())?.[1]);
}

describe("a long encode", () => {
  test("goes on after kills at 10, 50 and 90 % with all slices but the one that was being made, and one that was spoilt", async () => {
    for (const slice of [1, 5, 9]) hold(slice);
    const id = await create("out.mp4");
    for (const slice of [1, 5, 9]) {
      await untilHeld(slice);
      await service.stop("SIGKILL");
      const spoilt = slice === 9 && noted().find((name) => name.endsWith("slice-2.mp4"));
      if (spoilt) writeFileSync(spoilt, Buffer.alloc(statSync(spoilt).size));
      open(slice);
      await start();
    }
    await succeeds(id);
    expect(began()).toEqual([0, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 2, 9]);
    expect((await beginnings(id)).at(-1)).toBe(
      "Goes on with 8 of 10 slices, which an earlier run has made",
    );
    expect(service.log()).toContain("is not what was kept, and is made again");
    expect(left()).toEqual([]);
    await service.stop();
    await start({ PONTUS_RESUME_MIN_SECONDS: "0" });
    const whole = await create("whole.mp4");
    await succeeds(whole);
    expect(await beginnings(whole)).toEqual([]);
    expect(packetsOf("out.mp4")).toEqual([...packetsOf("whole.mp4")]);
    expect(ssimOf("whole.mp4") - ssimOf("out.mp4")).toBeLessThanOrEqual(0.001);
    const [size = 0, wanted = 0] = ["out.mp4", "whole.mp4"].map(
      (name) => statSync(join(home.media, name)).size,
    );
    // Each slice says once what its encoder is, in 700 bytes.
    expect(Math.abs(size - wanted - (SLICES - 1) * 700)).toBeLessThan(wanted / 50);
  });

  test("goes on after a stop and after a failed encoder, and begins anew with another source", async () => {
    hold(3);
    const id = await create("out.mp4");
    await untilHeld(3);
    await service.stop();
    open(3);
    writeFileSync(join(gate, "fail-slice-5"), "");
    // The next slice begins while the one before it ends: that is not lost with it.
    writeFileSync(join(gate, "outlast-slice-4"), "fail-slice-5\n");
    await start();
    const failed = await service.until(id, hasEnded);
    expect(failed.task_status).toBe("FAILED");
    hold(7);
    const answer = await service.call(`/api/v1/task/transcoding/${id}/retry`, { body: {} });
    expect(answer.status).toBe(200);
    await untilHeld(7);
    await service.stop("SIGKILL");
    open(7);
    copyFileSync(await film(["-metadata", "title=another"]), join(home.media, "other.mp4"));
    renameSync(join(home.media, "other.mp4"), join(home.media, "in.mp4"));
    await start();
    await succeeds(id);
    const rest = (from: number): readonly number[] =>
      Array.from({ length: SLICES - from }, (_, at) => from + at);
    expect(began()).toEqual([0, 1, 2, 3, 3, 4, 5, 5, 6, 7, ...rest(0)]);
    const told = (await beginnings(id)).map((line) => line.split(",")[0]);
    // What was noted of a run that was killed may be lost.
    expect([...told.slice(0, 2), told.at(-1)]).toEqual([
      ...["Makes 10 slices", "Goes on with 3 of 10 slices", "Makes 10 slices"],
    ]);
    expect(left()).toEqual([]);
  });

  test("in two passes goes on with what the first has found, unless that was spoilt", async () => {
    copyFileSync(await film([], 16), join(home.media, "in.mp4"));
    const qlty = { container: "mp4", bitrate: 100_000, rc_mode: "2passvbr", audio_bitrate: 64_000 };
    const body = { profile_name: "twice", qlties: [qlty] };
    expect((await service.call("/api/v1/profile", { body })).status).toBe(200);
    for (const slice of [2, 3]) hold(slice);
    const id = await create("out.mp4", "twice");
    await untilHeld(2);
    await service.stop("SIGKILL");
    open(2);
    await start();
    await untilHeld(3);
    expect([passes(), began()]).toEqual([1, [0, 1, 2, 2, 3]]);
    await service.stop("SIGKILL");
    const [statistics = "", ...others] = noted("/pass");
    expect(others).toHaveLength(1);
    writeFileSync(statistics, Buffer.alloc(statSync(statistics).size));
    open(3);
    await start();
    await succeeds(id);
    expect(passes()).toBe(2);
    expect(service.log()).toContain("is not what was kept, and is made again");
    expect(packetsOf("out.mp4")[0]?.trim().split("\n")).toHaveLength(16 * 25);
    expect(left()).toEqual([]);
  });

  test("begins anew by another plan, and leaves nothing when it is cancelled", async () => {
    hold(2);
    const id = await create("out.mp4");
    await untilHeld(2);
    await service.stop("SIGKILL");
    await start({ PONTUS_SLICE_SECONDS: "5" });
    await eventually(() => (began().length === 6 ? true : undefined));
    expect(began()).toEqual([0, 1, 2, 0, 1, 2]);
    const answer = await service.call(`/api/v1/task/transcoding/${id}/cancel`, { body: {} });
    expect(answer.status).toBe(202);
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    await eventually(() => (left().length === 0 ? true : undefined));
  });
});
