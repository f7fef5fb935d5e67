import { describe, expect, test } from "bun:test";
import { appOfEachTest, aTask, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

const aTarget = (target_url: string) => [{ target_url }];

describe("POST task with an m3u8 rendition", () => {
  test.each([
    ["another name", ["o/y"], "targets[0].target_url"],
    ["a name that is the suffix alone", ["o/.m3u8"], "targets[0].target_url"],
    ["a name whose folder would be the one above", ["o/...m3u8"], "targets[0].target_url"],
    ["a file in the place of its segments", ["z.m3u8", "z"], "targets[1].target_url"],
    ["a file among its segments", ["z/a.mp4", "z.m3u8"], "targets[0].target_url"],
  ])("refuses a set under %s", async (_, urls, path) => {
    const targets = urls.map((target_url) => ({
      target_url,
      profile_name: /m3u8|y/.test(target_url) ? "video_hls_transmux" : "video_mp4_transmux",
    }));
    const response = await app.call(TASKS, { body: aTask({ targets }) });
    const { error } = (await response.json()) as { error: { code: string; details: unknown } };
    expect(error).toMatchObject({ code: "InvalidParameterException", details: [{ path }] });
  });

  test("keeps the folder of a set's segments from other tasks", async () => {
    await created(app, aTask({ targets: aTarget("z.m3u8"), profile_name: "video_hls_transmux" }));
    expect(await refusalOf(await app.call(TASKS, { body: aTask({ targets: aTarget("z") }) }))).toBe(
      "409 TaskConflict",
    );
    expect((await app.call(TASKS, { body: aTask({ targets: aTarget("z.mp4") }) })).status).toBe(
      200,
    );
  });
});
