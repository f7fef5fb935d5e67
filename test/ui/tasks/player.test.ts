import { expect, test } from "bun:test";
import type { TaskAnswer } from "../../../src/http/schemas/task-schemas.ts";
import { kindOf } from "../../../src/ui/tasks/player.js";

type Target = TaskAnswer["targets"][number];

const aTarget = (container: string, changes: object = {}, size_bytes = 256e6): Target => ({
  ...{ target_url: "out/film", target_status: "SUCCESS" },
  output: { container, size_bytes } as NonNullable<Target["output"]>,
  ...changes,
});

test.each([
  ["a film", aTarget("mp4"), "film"],
  ["a film by its URL", aTarget("mkv", { target_url: "file:///media/film.mkv" }), "film"],
  ["a sound", aTarget("ogg"), "sound"],
  ["a picture", aTarget("jpg"), "picture"],
  ["a set, however large", aTarget("m3u8", {}, 1e12), "set"],
  ["a film that no page should hold", aTarget("mp4", {}, 256e6 + 1), undefined],
  ["DASH", aTarget("dash"), undefined],
  ["what lies on another server", aTarget("mp4", { target_url: "s3://out/a.mp4" }), undefined],
  ["what is not there yet", aTarget("mp4", { target_status: "RUNNING" }), undefined],
  ["what was never made", { target_url: "a.mp4", target_status: "SUCCESS" } as Target, undefined],
])("kindOf() knows how a target is played: %s", (_, target, kind) => {
  expect(kindOf(target)).toBe(kind);
});
