import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { publish, seesMore, startRtmpServer, viewOnceThere } from "../fixtures/live-peers.ts";
import {
  COPY,
  createLive,
  isAllUp,
  rises,
  startLiveHost,
  untilEnded,
} from "../fixtures/live-tasks.ts";
import { childrenRunning } from "../fixtures/native-engine.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { commandLine } from "../fixtures/process-facts.ts";
import { hasEnded, type TaskAnswer } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const [{ service, server: sources }, targets] = await Promise.all([
  startLiveHost(),
  ofFile(startRtmpServer()),
]);

const ended = (id: string) => untilEnded(service, id);

/** A task of one source and these targets; the source's own address is given too. */
async function start(name: string, targetUrls: readonly string[], profile = COPY) {
  const source = `${sources.url}/live/${name}`;
  const id = await createLive(service, source, targetUrls, profile);
  return { id, source };
}

const sentOf = ({ targets: all }: TaskAnswer) => all.map(({ bytes_sent }) => bytes_sent);

/** The task once one of its targets was sent more than it had been. */
const untilMore = (id: string, at: number, before: TaskAnswer) =>
  service.until(id, (each) => (sentOf(each)[at] ?? 0) > (sentOf(before)[at] ?? 0));

const isUp = (at: number) => (task: TaskAnswer) => task.targets[at]?.target_status === "RUNNING";
describe("a live task over RTMP", () => {
  // Alone: 720p has to be encoded as it comes, which on a busy machine leaves nothing for others.
  test("does what the document's own request asks for", async () => {
    const publisher = publish(`${sources.url}/live/sample_1in2out`);
    const outs = [`${targets.url}/live/sample_out0`, `${targets.url}/live/sample_out1`];
    const { id } = await start("sample_1in2out", outs, "video_mp4_1280x720_1728kbps");
    const viewers = await Promise.all(outs.map((url) => viewOnceThere(url)));
    await Promise.all(viewers.map((viewer) => seesMore(viewer, 25)));
    // The first reports of ffmpeg know no rate yet.
    const hasRate = ({ progress }: TaskAnswer) => (progress?.fps ?? 0) > 0;
    const task = await service.until(id, (each) => isAllUp(each) && hasRate(each));
    expect(task.task_status).toBe("RUNNING");
    expect(task.progress).toMatchObject({ phase: "TRANSCODING", dropped_frames: 0 });
    expect(task.progress?.percent).toBeUndefined();
    expect(task.progress?.out_time_seconds).toBeGreaterThan(0);

    await publisher.stop("SIGTERM");
    const end = await ended(id);
    expect(end.task_status).toBe("SUCCESS");
    expect(end.targets.map(({ target_status }) => target_status)).toEqual(["SUCCESS", "SUCCESS"]);
    await Promise.all(viewers.map((viewer) => viewer.stop()));
    for (const { frames } of viewers)
      expect(rises(frames.map(({ seconds }) => seconds))).toBe(true);
  });

  test.concurrent("feeds a target on while another's server is killed, and that one again when it is back", async () => {
    const other = await startRtmpServer();
    const publisher = publish(`${sources.url}/live/restart`);
    const outs = [`${targets.url}/live/steady`, `${other.url}/live/killed`];
    const { id } = await start("restart", outs);
    const steady = await viewOnceThere(outs[0] ?? "");
    await service.until(id, isAllUp);

    await other.kill();
    const task = await service.until(
      id,
      ({ targets: [, killed] }) => killed?.target_status === "RECONNECTING",
    );
    expect(task.targets[0]?.target_status).toBe("RUNNING");
    expect(service.log()).toContain(`Task ${id}: target 1 is RECONNECTING`);
    expect(task.targets[1]?.error).toMatchObject({ code: "OutputNotSupported" });
    const refused = await service.until(id, ({ targets: [, killed] }) =>
      /the connection was refused/.test(killed?.error?.detail ?? ""),
    );
    // Bytes are written with the progress, a little after the status: the next step of the one that goes on tells all.
    const settled = await untilMore(id, 0, refused);
    const [, killedBytes = 0] = sentOf(settled);
    expect(killedBytes).toBeGreaterThan(0);
    const later = await untilMore(id, 0, settled);
    expect(sentOf(later)[1]).toBe(killedBytes);
    await other.start();
    const back = await viewOnceThere(outs[1] ?? "");
    await seesMore(back, 25);
    await service.until(id, isAllUp);
    await untilMore(id, 1, later);
    await seesMore(steady, 25);
    const times = steady.frames.map(({ seconds }) => seconds);
    expect(rises(times)).toBe(true);
    // Not one frame of 25 a second was missed.
    expect(Math.max(...times.slice(1).map((time, at) => time - (times[at] ?? 0)))).toBeLessThan(
      0.1,
    );

    await Promise.all([publisher.stop("SIGTERM"), steady.stop(), back.stop()]);
    const end = await ended(id);
    expect(end.task_status).toBe("SUCCESS");
    // Which of the two got more is not known: what waited for the other server was sent to it once it was back.
    const [steadyAll = 0, killedAll = 0] = sentOf(end);
    expect(steadyAll).toBeGreaterThan(sentOf(later)[0] ?? 0);
    expect(killedAll).toBeGreaterThan(killedBytes);
    await other.kill();
  });

  test.concurrent("takes its source up again when it was away, and no time stamp goes back", async () => {
    const first = publish(`${sources.url}/live/dropping`);
    const out = `${targets.url}/live/dropped`;
    const { id } = await start("dropping", [out]);
    const viewer = await viewOnceThere(out);
    await service.until(id, isAllUp);
    await first.stop();
    const away = await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    const [bytesBefore = 0] = sentOf(away);
    expect(bytesBefore).toBeGreaterThan(0);
    const seenBefore = viewer.frames.length;

    const second = publish(`${sources.url}/live/dropping`);
    await seesMore(viewer, 25);
    const task = await service.until(id, ({ progress }) => progress?.phase === "TRANSCODING");
    expect(task).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    const times = viewer.frames.map(({ seconds }) => seconds);
    expect(times.length).toBeGreaterThan(seenBefore);
    expect(rises(times)).toBe(true);

    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    const end = await ended(id);
    expect(end.task_status).toBe("SUCCESS");
    expect(sentOf(end)[0]).toBeGreaterThan(bytesBefore);
  });

  test.concurrent("tells of a target that refuses, or whose name is taken, alone", async () => {
    const publisher = publish(`${sources.url}/live/refused`);
    const squatter = publish(`${targets.url}/live/taken`);
    const outs = [`${targets.url}/live/fine`, `${targets.url}/deny/x`, `${targets.url}/live/taken`];
    const { id } = await start("refused", outs);
    const viewer = await viewOnceThere(outs[0] ?? "");
    const task = await service.until(
      id,
      ({ targets: all }) =>
        all.map(({ target_status }) => target_status).join() ===
        "RUNNING,RECONNECTING,RECONNECTING",
    );
    expect(task.targets[2]?.error?.detail).toMatch(/already publishing|exists|BadName/i);
    await seesMore(viewer, 25);

    await Promise.all([publisher.stop("SIGTERM"), viewer.stop()]);
    const end = await ended(id);
    expect(end.task_status).toBe("FAILED");
    expect(end.error?.code).toBe("OutputNotSupported");
    expect(end.targets.map(({ target_status }) => target_status)).toEqual([
      "SUCCESS",
      "FAILED",
      "FAILED",
    ]);
    await squatter.stop();
  });

  test.concurrent("tries a target that is cut at once about every second", async () => {
    const refusing = await startRtmpServer();
    const publisher = publish(`${sources.url}/live/cut`);
    const outs = [`${targets.url}/live/uncut`, `${refusing.url}/deny/cut`];
    const { id } = await start("cut", outs);
    const refusals = () => refusing.log().split("access forbidden by rule");
    const viewer = await viewOnceThere(outs[0] ?? "");
    await service.until(id, ({ targets: [, cut] }) => cut?.target_status === "RECONNECTING");
    const [before, beginMs] = [refusals().length, Date.now()];
    await seesMore(viewer, 150);
    const seconds = (Date.now() - beginMs) / 1000;
    const tries = refusals().length - before;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(seconds + 2);
    await Promise.all([publisher.stop("SIGTERM"), viewer.stop()]);
    expect((await ended(id)).targets[0]?.target_status).toBe("SUCCESS");
    await refusing.kill();
  });

  test.concurrent("fails when no target takes the stream", async () => {
    const publisher = publish(`${sources.url}/live/unwanted`);
    const { id } = await start("unwanted", [`${targets.url}/deny/unwanted`]);
    const end = await ended(id);
    expect(end).toMatchObject({ task_status: "FAILED", error: { code: "OutputNotSupported" } });
    expect(end.error?.detail).toContain("Cannot send to any target for 4 s");
    await publisher.stop();
  });

  test.concurrent("ends with its streams closed when it is cancelled", async () => {
    const publisher = publish(`${sources.url}/live/cancelled`);
    const out = `${targets.url}/live/cancelled`;
    const { id } = await start("cancelled", [out]);
    await service.until(id, isUp(0));
    await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
    const end = await ended(id);
    expect(end.task_status).toBe("CANCELLED");
    expect(end.targets[0]?.target_status).toBe("CANCELLED");
    // Its name is free again: the server has seen the end of the stream.
    const next = publish(out);
    const viewer = await viewOnceThere(out);
    await Promise.all([next.stop(), viewer.stop(), publisher.stop()]);
  });

  test.concurrent("fails with TimeOut when its source never comes, or nobody listens there", async () => {
    const nobody = "rtmp://127.0.0.1:9/live/x";
    const body = (source_url: string, name: string) => ({
      source: { source_url },
      profile_name: COPY,
      targets: [{ target_url: `${targets.url}/live/${name}` }],
    });
    const [silent, refused] = await Promise.all([
      service.create(body(`${sources.url}/live/never`, "never-a")).then(ended),
      service.create(body(nobody, "never-b")).then(ended),
    ]);
    for (const task of [silent, refused])
      expect(task).toMatchObject({ task_status: "FAILED", error: { code: "TimeOut" } });
    expect(refused?.error?.detail).toContain("it did not come within 8 s");
  });

  test.concurrent("shows no credentials anywhere", async () => {
    const publisher = publish(`${sources.url}/live/secret?token=tok-s3cret`);
    const source_url = `${sources.url.replace("rtmp://", "rtmp://ann:pw-s3cret@")}/live/secret?token=tok-s3cret`;
    const target_url = `${targets.url.replace("rtmp://", "rtmp://ann:pw-s3cret@")}/deny/x?key=key-s3cret`;
    const id = await service.create({
      source: { source_url },
      profile_name: COPY,
      targets: [{ target_url }],
    });
    const seen = new Set<string>();
    const end = await service.until(id, (task) => {
      for (const pid of childrenRunning(service.pid)) seen.add(commandLine(pid));
      return hasEnded(task);
    });
    // Of a probe and of a run, whatever starts them.
    for (const program of ["ffprobe", "ffmpeg"])
      expect(
        [...seen].some((line) => line.includes(`${program} `) && line.includes("rtmp://")),
      ).toBe(true);
    expect([...seen].join("\n")).not.toMatch(/s3cret|deny|secret\?|ann:/);
    expect(JSON.stringify(end)).toContain("***");
    expect(JSON.stringify(end)).not.toContain("s3cret");
    expect(service.log()).toContain("deny/***?key=***");
    expect(service.log()).not.toContain("s3cret");
    await publisher.stop();
  });
});
