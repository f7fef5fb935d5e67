import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { LiveSession } from "../../../src/worker/live/live-session.ts";
import { LiveTargets } from "../../../src/worker/live/live-targets.ts";
import { UrlSource } from "../../../src/worker/source/live-source.ts";
import { startRun } from "../../fixtures/bench-run.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { playedLive } from "../../fixtures/held-engine.ts";
import { logged } from "../../fixtures/logged.ts";
import { eventually } from "../../fixtures/service.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";
import { eventTypes } from "../../fixtures/store-bench.ts";
import { aMedia } from "../../plan/builders.ts";

// Ticks and waits of a session on a busy machine may take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SOURCE = "rtmp://127.0.0.1/live/in";
const TARGET = "rtmp://127.0.0.1/live/out";
const TARGET_TIMEOUT_MS = 30_000;
const MEDIA = aMedia();
const AWAY = new TaskError("source_unreachable", "Cannot read the source: nobody answers");

/** A live task of one target that is copied to, over real stores and a source that the test plays. */
async function aSession(found: MediaInfo | TaskError = MEDIA) {
  const bench = sqliteBench();
  const { live, source, nextRun } = playedLive(found);
  const profile = systemProfile("video_flv_transmux");
  if (!profile) throw new Error("there is no such profile");
  const changes = {
    sourceUrl: SOURCE,
    targets: [{ url: TARGET, key: TARGET }],
    assignments: assignRenditions(profile, [undefined]),
  };
  const run = await startRun(bench, changes, { live });
  const targets = new LiveTargets(run);
  const session = new LiveSession({
    ...{ run, live, targets, targetTimeoutMs: TARGET_TIMEOUT_MS },
    assignments: run.assignments,
    folder: "/scratch/one",
    sentBytes: () => targets.sentBytes,
    onRun: async () => {},
    onUnrecorded: () => {},
  });
  const follow = () => session.follow(new UrlSource(SOURCE, live, run));
  /** Lets the clock go on. */
  const pass = (seconds: number) => {
    bench.clock.nowMs += seconds * 1000;
  };
  const task = () => bench.tasks.get("ada", run.task.id);
  return { bench, run, session, source, nextRun, follow, pass, task };
}

type Session = Awaited<ReturnType<typeof aSession>>;

/** The next run, of which so many seconds came through as the clock says. */
async function playedRun({ nextRun, pass }: Session, seconds: number) {
  const held = await nextRun();
  const report = (outTimeSeconds: number) =>
    held.request.onProgress({
      ...{ outTimeSeconds, frames: outTimeSeconds * 30, speed: 1, fps: 30, droppedFrames: 1 },
    });
  held.request.onTarget({ kind: "open", url: TARGET });
  held.request.onSent(TARGET, 1_000);
  for (let at = 1; at <= seconds; at += 1) {
    pass(1);
    report(at);
  }
  return held;
}

/** Resolves when a run is ended by the session, with the reason. */
async function endOf(signal: AbortSignal): Promise<TaskError> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  return signal.reason as TaskError;
}

describe("LiveSession that follows a source", () => {
  test("takes it up again when it was away, behind what was sent, until it stays away", async () => {
    const session = await aSession();
    const followed = session.follow();
    const first = await playedRun(session, 5);
    expect(first.request.run).toMatchObject({ offsetSeconds: 0, part: 0 });
    first.letGo();
    session.pass(10);

    const second = await playedRun(session, 3);
    expect(second.request.run).toMatchObject({ offsetSeconds: 15, part: 1 });
    expect(second.request.run.prefix).not.toBe(first.request.run.prefix);
    second.letGo();
    session.pass(session.run.sourceTimeoutMs / 1000);

    await followed;
    const { session: ended, bench, run } = session;
    expect(ended.hasProduced).toBeTrue();
    expect(ended.delivering()).toMatchObject({
      phase: "DELIVERING",
      outTimeSeconds: 8,
      droppedFrames: 2,
      sentBytes: { 0: 2_000 },
    });
    const types = await eventTypes(bench, run.task.id);
    expect(types.filter((type) => type.startsWith("source_"))).toEqual([
      "source_lost",
      "source_back",
      "source_lost",
    ]);
  });

  test("never lets a later run begin before the end of the one before", async () => {
    const session = await aSession();
    const followed = session.follow();
    const first = await session.nextRun();
    first.request.onProgress({ outTimeSeconds: 9, frames: 1, speed: 9, fps: 30, droppedFrames: 0 });
    session.pass(1);
    first.letGo();
    const second = await session.nextRun();
    expect(second.request.run.offsetSeconds).toBe(9.1);
    session.run.abort(AWAY);
    expect(await taskErrorOf(followed)).toBe(AWAY);
  });

  test.each(["source_unreachable", "source_hangs", "source_slow", "source_missing"] as const)(
    "says of a source that never came why: %s",
    async (code) => {
      const session = await aSession(new TaskError(code, AWAY.message));
      const followed = session.follow();
      session.pass(session.run.sourceTimeoutMs / 1000);
      await followed;
      expect(session.session.hasProduced).toBeFalse();
      expect(session.session.neverCame()).toMatchObject({
        code: "source_never_came",
        message: "Cannot read the source: it did not come within 60 s (nobody answers)",
      });
    },
  );

  test("does not wait for a source that cannot be used", async () => {
    const refusal = new TaskError("input_not_supported", "Cannot read the source: no codec");
    const session = await aSession(refusal);
    expect(await taskErrorOf(session.follow())).toBe(refusal);
  });

  test("ends a run whose source is silent, and asks for the source again", async () => {
    const session = await aSession();
    const followed = session.follow();
    const first = await playedRun(session, 2);
    session.pass(3);
    expect((await endOf(first.signal)).message).toBe("Cannot read the source: it sends nothing");
    const second = await playedRun(session, 1);
    expect(second.request.run.part).toBe(1);
    expect((await session.task()).status).toBe("RUNNING");
    session.run.abort(AWAY);
    expect(await taskErrorOf(followed)).toBe(AWAY);
  });

  test("plans anew where the streams have changed, and does not call that away", async () => {
    const session = await aSession();
    const followed = session.follow();
    const first = await playedRun(session, 2);
    const { audio: _, ...silent } = MEDIA;
    session.source.found = silent;
    first.request.onChanged("streams");
    expect((await endOf(first.signal)).message).toContain("its streams have changed");
    const second = await session.nextRun();
    expect(second.request.plan).not.toEqual(first.request.plan);
    expect(await eventTypes(session.bench, session.run.task.id)).not.toContain("source_lost");
    session.run.abort(AWAY);
    expect(await taskErrorOf(followed)).toBe(AWAY);
  });

  test("ends its run with the reason of the task's end", async () => {
    const session = await aSession();
    const followed = session.follow();
    const { signal } = await playedRun(session, 1);
    const reason = new TaskError("cancelled", "Cannot go on: it was cancelled");
    session.run.abort(reason);
    expect(await taskErrorOf(followed)).toBe(reason);
    expect(signal.reason).toBe(reason);
  });
});

describe("LiveSession whose targets take nothing", () => {
  test("ends where each of them is tried in vain", async () => {
    const session = await aSession();
    const followed = session.follow();
    const { request } = await playedRun(session, 1);
    request.onTarget({ kind: "failed", url: TARGET, why: "it is not trusted", isInVain: true });
    const { code, message } = await taskErrorOf(followed);
    expect([code, message]).toEqual([
      "target_lost",
      "Cannot send to any target: it is not trusted",
    ]);
  });

  test("ends where none of them was up for too long, though the source goes on", async () => {
    const session = await aSession();
    const followed = session.follow();
    const { request } = await session.nextRun();
    request.onTarget({ kind: "failed", url: TARGET, why: "nobody answers" });
    for (let at = 1; at <= TARGET_TIMEOUT_MS / 1000 + 1; at += 1) {
      session.pass(1);
      request.onProgress({
        ...{ outTimeSeconds: at, frames: at * 30, speed: 1, fps: 30, droppedFrames: 0 },
      });
    }
    const { code, message } = await taskErrorOf(followed);
    expect([code, message]).toEqual([
      "target_lost",
      "Cannot send to any target for 30 s: nobody answers",
    ]);
    expect((await session.task()).targets[0]).toMatchObject({
      status: "RECONNECTING",
      failure: { code: "target_lost" },
    });
  });
});

describe("LiveSession whose encoder fails", () => {
  test.each(["unknown", "internal", "encoder_killed", "limit_reached"] as const)(
    "gives up after three runs without a frame that end by %s",
    async (code) => {
      const session = await aSession();
      const followed = session.follow();
      const failure = new TaskError(code, "Cannot go on: the encoder has ended");
      for (let run = 0; run < 3; run += 1) (await session.nextRun()).fail(failure);
      expect(await taskErrorOf(followed)).toBe(failure);
    },
  );

  test("begins anew where frames came through before", async () => {
    const session = await aSession();
    const followed = session.follow();
    const killed = new TaskError("encoder_killed", "Cannot go on: the encoder was killed");
    for (let run = 0; run < 4; run += 1) (await playedRun(session, 1)).fail(killed);
    expect((await session.nextRun()).request.run.part).toBe(4);
    session.run.abort(AWAY);
    expect(await taskErrorOf(followed)).toBe(AWAY);
  });

  test("ends at once where another run is in vain", async () => {
    const session = await aSession();
    const followed = session.follow();
    const invalid = new TaskError("option_invalid", "Cannot encode: no");
    (await session.nextRun()).fail(invalid);
    expect(await taskErrorOf(followed)).toBe(invalid);
  });

  test("ends with what is no known failure", async () => {
    const session = await aSession();
    const followed = session.follow();
    const bug = new Error("a bug");
    (await session.nextRun()).fail(bug);
    await expect(followed).rejects.toBe(bug);
  });
});

describe("LiveSession that plays a file", () => {
  test("sends it once, and tells how far it is", async () => {
    const session = await aSession();
    const played = session.session.play("/media/film.mp4", MEDIA);
    const { request, letGo } = await playedRun(session, 2);
    expect(request.input).toEqual({ path: "/media/film.mp4", media: MEDIA });
    letGo();
    await played;
    const progress = await eventually(async () => (await session.task()).progress);
    expect(progress).toMatchObject({ phase: "TRANSCODING", fps: 30 });
    expect(session.session.delivering().outTimeSeconds).toBe(2);
  });

  test("writes to the log once a minute how far it is", async () => {
    const records = await logged();
    const session = await aSession();
    const played = session.session.play("/media/film.mp4", MEDIA);
    const { letGo } = await playedRun(session, 125);
    letGo();
    await played;
    const told = records.filter(({ rawMessage }) => String(rawMessage).includes("of its stream"));
    expect(told.map(({ properties }) => properties["outTimeSeconds"])).toEqual([60, 120]);
    expect(told[0]?.properties).toMatchObject({ droppedFrames: 1, sentBytes: { 0: 1_000 } });
  });

  test("fails as its run does", async () => {
    const session = await aSession();
    const played = session.session.play("/media/film.mp4", MEDIA);
    const damaged = new TaskError("source_damaged", "Cannot read the source: it ends early");
    (await session.nextRun()).fail(damaged);
    expect(await taskErrorOf(played)).toBe(damaged);
  });
});
