import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { publish, seesMore, viewOnceThere } from "../fixtures/live-peers.ts";
import {
  createLive,
  isAllUp,
  rises,
  startLiveService,
  untilEnded,
} from "../fixtures/live-tasks.ts";
import { startNodeMediaServer } from "../fixtures/node-media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { startRtspServer } from "../fixtures/rtsp-server.ts";

setDefaultTimeout(120_000);

const [service, open, closed, rtsp] = await Promise.all([
  startLiveService(),
  ofFile(startNodeMediaServer()),
  ofFile(startNodeMediaServer({ secret: "only-signed" })),
  ofFile(startRtspServer(3)),
]);

describe("a live task over node-media-server", () => {
  test.concurrent("does what the document's own request asks for", async () => {
    const source = `${open.url}/live/sample_1in2out`;
    const publisher = publish(source);
    const outs = [`${open.url}/live/sample_out0`, `${open.url}/live/sample_out1`];
    const id = await createLive(service, source, outs, "video_mp4_1280x720_1728kbps");
    const viewers = await Promise.all(outs.map((url) => viewOnceThere(url)));
    await Promise.all(viewers.map((viewer) => seesMore(viewer, 25)));
    expect((await service.until(id, isAllUp)).task_status).toBe("RUNNING");

    await publisher.stop("SIGTERM");
    const end = await untilEnded(service, id);
    expect(end.task_status).toBe("SUCCESS");
    expect(end.targets.map(({ target_status }) => target_status)).toEqual(["SUCCESS", "SUCCESS"]);
    await Promise.all(viewers.map((viewer) => viewer.stop()));
    for (const { frames } of viewers)
      expect(rises(frames.map(({ seconds }) => seconds))).toBe(true);
  });

  test.concurrent("feeds its other target on where a name is taken, or publishing is refused", async () => {
    const source = `${open.url}/live/refused`;
    const publisher = publish(source);
    const squatter = publish(`${open.url}/live/taken`);
    const taken = await viewOnceThere(`${open.url}/live/taken`);
    const outs = [`${open.url}/live/fine`, `${open.url}/live/taken`, `${closed.url}/live/unsigned`];
    const id = await createLive(service, source, outs);
    const viewer = await viewOnceThere(outs[0] ?? "");
    const task = await service.until(
      id,
      ({ targets }) =>
        targets.map(({ target_status }) => target_status).join() ===
        "RUNNING,RECONNECTING,RECONNECTING",
    );
    for (const { error } of task.targets.slice(1))
      expect(error).toMatchObject({ code: "OutputNotSupported" });
    await seesMore(viewer, 25);
    expect(open.log()).toContain("streamPath=/live/taken already has a publisher");
    expect(closed.log()).toContain("authentication verification failed");

    await Promise.all([publisher.stop("SIGTERM"), viewer.stop(), taken.stop()]);
    const end = await untilEnded(service, id);
    expect(end.task_status).toBe("FAILED");
    expect(end.targets.map(({ target_status }) => target_status)).toEqual([
      "SUCCESS",
      "FAILED",
      "FAILED",
    ]);
    await squatter.stop();
  });
});

describe("a live task from GStreamer's RTSP server", () => {
  test.concurrent("plays on when the stream has ended or its server was away, and comes again", async () => {
    const out = `${open.url}/live/from-rtsp`;
    const id = await createLive(service, rtsp.url, [out], "video_mp4_160x120_200kbps");
    const viewer = await viewOnceThere(out);
    await service.until(id, isAllUp);
    // More than it plays at once.
    await seesMore(viewer, 80);
    await rtsp.kill();
    await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    await rtsp.start();
    await seesMore(viewer, 25);
    expect((await service.task(id)).attempt).toBe(1);

    await rtsp.kill();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await viewer.stop();
    expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
  });
});
