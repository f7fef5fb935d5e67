import { describe, expect, test } from "bun:test";
import { assignmentFault } from "../../../src/plan/feasible/set-feasible.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import {
  copyFault,
  type EncryptionFields,
  filledAddress,
} from "../../../src/profile/fields/protection.ts";
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

describe("encryption of samples", () => {
  const aSecret = (fields: Partial<EncryptionFields>, group: Partial<Qlty> = {}): Qlty => ({
    ...{ container: "cmaf", bitrate: 500_000, audio_bitrate: 64_000 },
    encryption: { method: "cbcs", key_url: URL, ...fields },
    ...group,
  });
  const KEY_ID = "FFEEDDCCBBAA99887766554433221100";

  test("is kept, and answered without the key", () => {
    const encryption = {
      ...{ method: "cenc" as const, key_url: "skd://{key_id}", license_url: "https://a/{key_id}" },
      ...{ key_format: "com.apple.streamingkeydelivery", sealed_key: "sealed", key_id: KEY_ID },
    };
    const made = toRendition(aSecret(encryption));
    expect(made.protection).toEqual({
      ...{ method: "cenc", keyUrl: "skd://{key_id}", licenseUrl: "https://a/{key_id}" },
      ...{ keyFormat: encryption.key_format, sealedKey: "sealed", keyId: KEY_ID.toLowerCase() },
    });
    const { sealed_key, ...told } = encryption;
    expect(toQlty(made).encryption).toEqual({
      ...{ ...told, key_id: KEY_ID.toLowerCase(), is_key_given: true },
    });
  });

  test.each([
    ["dash without an address", aSecret({ key_url: undefined }, { container: "dash" })],
    ["m3u8 of h265", aSecret({}, { container: "m3u8", format: "h265" })],
    ["sound alone", aSecret({}, { format: "none" })],
    ["an address by the id", aSecret({ key_url: "skd://{key_id}" })],
  ])("is taken: %s", (_, qlty) => {
    expect(toRendition(qlty).protection?.method).toBe("cbcs");
  });

  test.each([
    ["m3u8 of MPEG-TS", "method", aSecret({}, { container: "m3u8" })],
    ["m3u8 of what the source has", "method", aSecret({}, { container: "m3u8", format: "copy" })],
    ["a file", "method", aSecret({ key_url: undefined }, { container: "mp4" })],
    ["av1", "method", aSecret({}, { format: "av1" })],
    ["vp9", "method", aSecret({ key_url: undefined }, { container: "dash", format: "vp9" })],
    ["several keys", "rotate_segments", aSecret({ rotate_segments: 2 })],
    ["a key without its id", "key_id", aSecret({ sealed_key: "x" })],
    ["an id without its key", "key_id", aSecret({ key_id: KEY_ID })],
    ["no address for playlists", "key_url", aSecret({ key_url: undefined })],
    ["one address for all keys", "key_url", aSecret({ key_url: "/one.key" })],
    ["an address for playlists in dash", "key_url", aSecret({}, { container: "dash" })],
    [
      "a format for playlists in dash",
      "key_format",
      aSecret({ key_url: undefined, key_format: "x" }, { container: "dash" }),
    ],
    [
      "a server for manifests in m3u8",
      "license_url",
      aSecret({ license_url: "/x" }, { container: "m3u8", format: "h265" }),
    ],
    ["an id with aes-128", "key_id", aGroup({ key_id: KEY_ID })],
    ["a format with aes-128", "key_format", aGroup({ key_format: "x" })],
    ["a server with aes-128", "license_url", aGroup({ license_url: "/x" })],
    ["no address with aes-128", "key_url", aGroup({ key_url: undefined })],
  ])("is refused by its own field: %s", async (_, field, qlty) => {
    const { fields } = await taskErrorOf(Promise.try(() => toRendition(qlty)));
    expect(fields?.map(({ path }) => path)).toEqual([`encryption.${field}`]);
  });

  test("copies h264 and h265 alone", () => {
    const secret = toRendition(aSecret({})).protection;
    expect(["h264", "hevc"].map((codec) => copyFault(secret, codec))).toEqual([
      undefined,
      undefined,
    ]);
    expect(copyFault(secret, undefined)).toBeUndefined();
    expect(copyFault(secret, "av1")).toContain("it is av1");
    expect(copyFault(toRendition(aGroup()).protection, "av1")).toBeUndefined();
  });
});

test("filledAddress() fills in the task and the key, wherever they stand", () => {
  const names = { taskId: "t-1", key: 3, keyId: "ab" };
  expect(filledAddress("/{task_id}/{key}?again={key}&id={key_id}", names)).toBe(
    "/t-1/3?again=3&id=ab",
  );
});
