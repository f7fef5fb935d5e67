import { describe, expect, test } from "bun:test";
import { assignmentFault } from "../../../src/plan/feasible/set-feasible.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { type EncryptionFields, keyUrlOf } from "../../../src/profile/fields/protection.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aCapabilities } from "../../plan/builders.ts";

const URL = "https://keys.example.com/{task_id}/{key}";
const aGroup = (fields: Partial<EncryptionFields> = {}, container: Qlty["container"] = "m3u8") => ({
  ...{ container, bitrate: 500_000, audio_bitrate: 64_000 },
  encryption: { method: "aes-128" as const, key_url: URL, ...fields },
});

describe("encryption of a group", () => {
  test("is kept, and answered without the key", () => {
    const made = toRendition(aGroup({ rotate_segments: 10 }));
    expect(made.protection).toEqual({ method: "aes-128", keyUrl: URL, rotateSegments: 10 });
    expect(toQlty(made).encryption).toEqual({
      method: "aes-128",
      key_url: URL,
      rotate_segments: 10,
    });
    const given = toRendition(aGroup({ sealed_key: "sealed", key_url: "/the.key" }));
    expect(given.protection?.sealedKey).toBe("sealed");
    expect(JSON.stringify(toQlty(given))).not.toContain('sealed"');
    expect(toQlty(given).encryption).toMatchObject({ is_key_given: true });
  });

  test.each([
    ["encryption", aGroup({}, "mp4")],
    ["encryption", aGroup({}, "dash")],
    ["encryption", aGroup({}, "cmaf")],
    ["encryption.rotate_segments", aGroup({ sealed_key: "x", rotate_segments: 2 })],
    ["encryption.key_url", aGroup({ key_url: "/one.key" })],
    ["encryption.key_url", aGroup({ key_url: "/{task_id}.key", rotate_segments: 2 })],
  ])("is refused by its own field: %s", async (path, qlty) => {
    const { fields } = await taskErrorOf(Promise.try(() => toRendition(qlty)));
    expect(fields?.map((field) => field.path)).toEqual([path]);
  });

  test("is refused where it cannot be: another in one set, no disk, a live source", async () => {
    const [one, other] = [toRendition(aGroup()), toRendition(aGroup({ rotate_segments: 1 }))];
    const profile = { name: "mine", description: "", renditions: [one, other] };
    const [assignment] = assignRenditions(profile, [undefined]);
    if (!assignment) throw new Error("nothing is assigned");
    expect(assignmentFault(assignment, aCapabilities())?.message).toContain("the same encryption");
    const alone = { rendition: one, targets: [0] };
    expect(assignmentFault(alone, aCapabilities())).toBeUndefined();
    expect(assignmentFault(alone, aCapabilities({ streamsOutput: true }))?.message).toContain(
      "Cannot encrypt segments",
    );
    const { message } = await taskErrorOf(
      Promise.try(() => refuseImpossibleLive(alone, [{ url: "out.m3u8" }], aCapabilities())),
    );
    expect(message).toContain("Cannot encrypt the segments of a live stream");
  });
});

test("keyUrlOf() fills in the task and the number of the key, wherever they stand", () => {
  const protection = { method: "aes-128", keyUrl: "/{task_id}/{key}?again={key}" } as const;
  expect(keyUrlOf(protection, "t-1", 3)).toBe("/t-1/3?again=3");
});
