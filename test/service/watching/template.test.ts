import { describe, expect, test } from "bun:test";
import {
  fixedFolderOf,
  targetOf,
  templateFault,
  type Watch,
  watchKey,
} from "../../../src/service/watching/template.ts";

const aWatch = (target: string): Watch => ({
  folder: "/media/in",
  source: "in/",
  clientCode: "ada",
  target,
  depth: 8,
  extensions: [],
});

const found = { path: "a/b c/x 1.y.mov", version: "10-20", nowMs: Date.UTC(2026, 10, 30, 23) };
const targetBy = (target: string, changes: Partial<typeof found> = {}) =>
  targetOf(aWatch(target), { ...found, ...changes });

describe("targetOf", () => {
  test.each([
    ["out/{dir}{name}.mp4", "out/a/b c/x 1.y.mp4"],
    ["out/{dir}/{name}.{ext}", "out/a/b c/x 1.y.mov"],
    ["out/{date}/{dir}{name}", "out/2026-11-30/a/b c/x 1.y"],
    ["file:///media/out/{dir}{name}.mp4", "file:///media/out/a/b%20c/x%201.y.mp4"],
    ["https://host/{dir}{name}.mp4", "https://host/a/b%20c/x%201.y.mp4"],
    ["s3://bucket/{dir}{name}.mp4", "s3://bucket/a/b c/x 1.y.mp4"],
  ])("%s becomes %s", (template, target) => {
    expect(targetBy(template)).toBe(target);
  });

  test("has an empty folder for a file of the watched folder itself", () => {
    expect(targetBy("out/{dir}/{name}.mp4", { path: "x.mov" })).toBe("out/x.mp4");
  });

  test("takes what a name holds for no token", () => {
    expect(targetBy("out/{name}.{ext}", { path: "{ext}$&.mov" })).toBe("out/{ext}$&.mov");
  });

  test("has another {version} for each path and version", () => {
    const targets = [{}, { path: "b.mov" }, { version: "11-20" }].map((changes) =>
      targetBy("out/{version}.mp4", changes),
    );
    expect(new Set(targets).size).toBe(3);
    expect(targets[0]).toMatch(/^out\/[0-9a-f]{12}\.mp4$/);
    expect(targetBy("out/{version}.mp4")).toBe(targets[0] ?? "");
  });
});

describe("templateFault", () => {
  test.each(["out/{dir}{name}.mp4", "out/{version}.mp4", "{date}/{dir}/{name}.{ext}"])(
    "finds none in %s",
    (template) => {
      expect(templateFault(template, 8)).toBeUndefined();
    },
  );

  test.each([
    [
      "out/{nam}.mp4",
      "target holds {nam}, and what there is are {name}, {dir}, {ext}, {date}, {version}",
    ],
    ["out/{name.mp4", "target holds {name.mp4,"],
    ["out/name}.mp4", "target holds },"],
    ["out/{dir}a.mp4", "target lacks {name}"],
    ["out/{name}.mp4", "target lacks {dir}"],
  ])("refuses %s: %s", (template, fault) => {
    expect(templateFault(template, 8)).toStartWith(fault);
  });

  test("needs no {dir} where only one folder is looked into", () => {
    expect(templateFault("out/{name}.mp4", 0)).toBeUndefined();
  });
});

test("fixedFolderOf is what stands before the names that differ", () => {
  expect(fixedFolderOf("out/x/{name}.mp4")).toBe("out/x/");
  expect(fixedFolderOf("out/pre-{name}.mp4")).toBe("out/");
  expect(fixedFolderOf("{dir}{name}.mp4")).toBe("");
});

test("watchKey is the same for other profiles, and another for other targets", () => {
  const watch = aWatch("out/{dir}{name}.mp4");
  expect(watchKey({ ...watch, profileName: "other", depth: 0 })).toBe(watchKey(watch));
  expect(watchKey(aWatch("out/{dir}{name}.webm"))).not.toBe(watchKey(watch));
});
