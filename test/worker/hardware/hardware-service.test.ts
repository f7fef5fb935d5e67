import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { clip } from "../../fixtures/clips.ts";
import { fakeDevice } from "../../fixtures/fake-device.ts";
import { BUN, deno } from "../../fixtures/runtimes.ts";
import { eventually, hasEnded, newHome, startService } from "../../fixtures/service.ts";

setDefaultTimeout(120_000);

describe("a service with a device", () => {
  test.each([
    ["Bun", BUN],
    ["Deno", deno()],
  ] as const)("tells of it, plans for it and uses it, on %s", async (_, command) => {
    const device = fakeDevice();
    const home = newHome();
    await copyFile(await clip({ width: 320, height: 180, seconds: 2 }), join(home.media, "in.mp4"));
    // By its name, which is what Deno is permitted to run.
    const PATH = `${dirname(device.ffmpeg)}:${process.env["PATH"]}`;
    const env = { PATH, PONTUS_HARDWARE: "auto", PONTUS_HARDWARE_SESSIONS: "3" };
    const service = await startService(home, env, command);

    await eventually(() => (service.log().includes("Hardware: ") ? true : undefined));
    const { checks } = await (await fetch(`${service.url}/readyz`)).json();
    expect(checks.engine.detail).toContain("nvenc encodes h264, h265, 0 of 3 sessions in use");

    const task = {
      source: { source_url: "in.mp4" },
      targets: [{ target_url: "out.mp4" }],
      profile_name: "video_mp4_640x360_552kbps",
    };
    const path = "/api/v1/task/transcoding/plan";
    const plan = await (await service.call(path, { method: "POST", body: task })).json();
    const told = JSON.stringify(plan);
    expect(told).toContain(", by h264_nvenc");
    expect(told).toContain('"h264_nvenc"');

    const ended = await service.until(await service.create(task), hasEnded);
    expect([ended.task_status, ended.warnings]).toEqual(["SUCCESS", undefined]);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain("pontus_hardware_sessions 3\n");
    expect(metrics).toContain("pontus_hardware_sessions_in_use 0\n");
    expect(metrics).toContain('pontus_hardware_steps_total{result="made"} 1\n');
    expect(device.runs().filter((args) => !args.includes("framecrc"))).toHaveLength(1);
    await service.stop();
  });

  test("warns of one that is named and does not work, and encodes in software", async () => {
    const home = newHome();
    await copyFile(await clip({ width: 160, height: 90, seconds: 1 }), join(home.media, "in.mp4"));
    const service = await startService(home, { PONTUS_HARDWARE: "nvenc" });
    const task = { source: { source_url: "in.mp4" }, targets: [{ target_url: "out.mp4" }] };
    const ended = await service.until(await service.create(task), hasEnded);
    expect([ended.task_status, ended.warnings]).toEqual(["SUCCESS", undefined]);
    expect(service.log()).toContain(
      "Cannot encode by nvenc: h264_nvenc fails: Cannot load libcuda.so.1",
    );
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain("pontus_hardware_sessions 0\n");
    await service.stop();
  });
});
