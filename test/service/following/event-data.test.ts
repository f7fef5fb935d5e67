import { expect, test } from "bun:test";
import { eventData } from "../../../src/service/following/event-data.ts";

test("eventData tells no password, and no stream key of RTMP", () => {
  const told = (targetUrl: string) =>
    eventData({
      ...{ taskId: "t", clientCode: "ada", sequence: 3, timeMs: 0, type: "target" },
      ...{ status: "RUNNING", attempt: 1, target: 0, targetStatus: "FAILED", targetUrl },
      failure: { code: "target_unwritable", detail: `Cannot write "${targetUrl}"` },
    });
  for (const url of [
    "rtmp://live.example/app/of-ada-alone",
    "https://u:of-ada-alone@example.com/a.mp4",
    "srt://example.com:9000?passphrase=of-ada-alone",
  ])
    expect(JSON.stringify(told(url))).not.toContain("of-ada-alone");
  expect(told("rtmp://live.example/app/key").target?.target_url).toBe(
    "rtmp://live.example/app/***",
  );
});
