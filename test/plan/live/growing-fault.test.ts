import { describe, expect, test } from "bun:test";
import { CreateTask } from "../../../src/http/schemas/create-schemas.ts";
import { growingFault } from "../../../src/plan/live/growing-fault.ts";
import type { Capabilities } from "../../../src/plan/plan.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { aCapabilities, aCustomVideo, anAudio, aRendition } from "../builders.ts";

const HLS = aRendition({ container: "m3u8", video: aCustomVideo(), audio: anAudio() });
const FILE = aRendition({ container: "mp4" });

const faultOf = (renditions: readonly Rendition[], capabilities: Partial<Capabilities> = {}) =>
  growingFault(
    {
      assignments: renditions.map((rendition, at) => ({ rendition, targets: [at] })),
      source: { url: "in.mp4" },
      targets: renditions.map((_, at) => ({ url: `${at}.m3u8` })),
    },
    aCapabilities(capabilities),
  );

describe("growingFault", () => {
  test("lets sets of HLS grow", () => {
    expect(faultOf([HLS, { ...HLS, container: "cmaf" }])).toBeUndefined();
  });

  const video = (fields: Parameters<typeof aCustomVideo>[0]) => ({
    ...HLS,
    video: aCustomVideo(fields),
  });
  test.each<readonly [string, readonly Rendition[], Partial<Capabilities>]>([
    ["targets[1] is a single file", [HLS, FILE], {}],
    ["sets of dash cannot be seen", [{ ...HLS, container: "dash" }], {}],
    ["encryption comes after", [{ ...HLS, protection: { method: "aes-128", keyUrl: "k" } }], {}],
    ["quality_target may", [video({ qualityTarget: { metric: "ssim", min: 0.9 } })], {}],
    ["skip_if_larger may", [video({ skipsLarger: true })], {}],
    ["the engine of WebAssembly", [HLS], { engine: "wasm" }],
    ["outputs are not kept on a disk", [HLS], { streamsOutput: true }],
  ])("says that %s", (said, renditions, capabilities) => {
    expect(faultOf(renditions, capabilities)).toStartWith(said);
  });

  test("leaves live tasks to what they are", () => {
    const live = { protocol: "rtmp", container: "flv" } as never;
    const asked = { assignments: [], source: { url: "rtmp://a/b", live }, targets: [] };
    expect(growingFault(asked, aCapabilities())).toStartWith("sets of a live task always grow");
  });
});

describe("CreateTask", () => {
  const body = { source: { source_url: "a.mp4" }, targets: { target_url: "a.m3u8" } };

  test("takes publish_failure with publish growing alone", () => {
    const failure = { publish_failure: "close" };
    expect(CreateTask.safeParse({ ...body, publish: "growing", ...failure }).success).toBe(true);
    for (const wrong of [failure, { publish: "whole", ...failure }]) {
      const { error } = CreateTask.safeParse({ ...body, ...wrong });
      expect(error?.issues.map(({ path }) => path.join("."))).toEqual(["publish_failure"]);
    }
  });
});
