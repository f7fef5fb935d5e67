import { describe, expect, test } from "bun:test";
import { ProfileListSchema, ProfileSchema } from "../../src/http/schemas/profile-schemas.ts";
import { CATALOGUE } from "../../src/profile/system-profiles.ts";
import { appOfEachTest, aTask, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

const QLTY = { container: "mp4", bitrate: 500_000, audio_bitrate: 64_000 };

const create = (profile_name: string, qlties: unknown = [QLTY]) =>
  app.call("/api/v1/profile", { body: { profile_name, description: "d", qlties } });

const fieldsOf = async (response: Response): Promise<string[]> => {
  const { error } = (await response.json()) as { error: { details?: { path: string }[] } };
  return (error.details ?? []).map(({ path }) => path);
};

describe("POST profile", () => {
  test("answers with the profile, its defaults filled in", async () => {
    const profile = ProfileSchema.parse(await (await create("mine")).json());
    expect(profile).toEqual({
      profile_name: "mine",
      description: "d",
      qlties: [
        {
          ...QLTY,
          container: "mp4",
          format: "h264",
          use_progressive: true,
          gop_size: 50,
          b_frame_size: 0,
          rc_mode: "cbr",
          preset: "default",
          audio_format: "aac",
        },
      ],
      qlties_length: 1,
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test("takes numbers as text and answers with numbers", async () => {
    const asText = {
      container: "mp4",
      bitrate: "500000",
      framerate: "25/1",
      width: "640",
      height: "360",
      use_progressive: "false",
      gop_size: "100",
      b_frame_size: "2",
      audio_bitrate: "64000",
      audio_samplerate: "44100",
      channels: "2",
    };
    const profile = ProfileSchema.parse(await (await create("mine", [asText])).json());
    expect(profile.qlties[0]).toMatchObject({
      bitrate: 500_000,
      framerate: "25",
      width: 640,
      height: 360,
      use_progressive: false,
      gop_size: 100,
      b_frame_size: 2,
      audio_bitrate: 64_000,
      audio_samplerate: 44_100,
      channels: 2,
    });
  });

  test.each([
    [29.97, "30000/1001"],
    ["30000/1001", "30000/1001"],
    [30, "30"],
  ])("takes a frame rate of %p", async (framerate, answer) => {
    const response = await create("mine", [{ ...QLTY, framerate }]);
    expect(ProfileSchema.parse(await response.json()).qlties[0]?.framerate).toBe(answer);
  });

  test.each([
    ["container", "avi"],
    ["container", undefined],
    ["format", "h263"],
    ["bitrate", 0],
    ["bitrate", "1e6"],
    ["bitrate", 1.5],
    ["bitrate", null],
    ["bitrate", undefined],
    ["framerate", 23],
    ["framerate", true],
    ["width", 63],
    ["height", 8193],
    ["use_progressive", "yes"],
    ["gop_size", 13],
    ["b_frame_size", 4],
    ["rc_mode", "crf"],
    ["preset", "fast"],
    ["audio_format", "flac"],
    ["audio_bitrate", -1],
    ["audio_samplerate", 44_000],
    ["channels", 3],
  ])("refuses %s of %p", async (field, value) => {
    const response = await create("mine", [QLTY, { ...QLTY, [field]: value }]);
    expect(response.status).toBe(400);
    expect(await fieldsOf(response)).toEqual([`qlties[1].${field}`]);
  });

  test.each([
    ["no name", ""],
    ["a path for a name", "../x"],
    ["a name of 65", "a".repeat(65)],
    ["a name that a URL would split", "a/b"],
  ])("refuses %s", async (_, name) => {
    expect(await fieldsOf(await create(name))).toEqual(["profile_name"]);
  });

  test.each([
    ["none", []],
    ["33 of them", Array.from({ length: 33 }, () => QLTY)],
    ["an object", QLTY],
  ])("refuses parameter groups: %s", async (_, qlties) => {
    expect(await fieldsOf(await create("mine", qlties))).toEqual(["qlties"]);
  });
});

describe("GET profile", () => {
  test("reads the client's own and no other's", async () => {
    await create("mine");
    const response = await app.call("/api/v0/profile/mine");
    expect(ProfileSchema.parse(await response.json()).profile_name).toBe("mine");
    const bobs = await app.call("/api/v1/profile/mine", { as: CLIENTS.bob });
    expect(await refusalOf(bobs)).toBe("404 NoSuchProfile");
  });

  test("reads any system profile, listed or not", async () => {
    const response = await app.call("/api/v1/profile/video_mp4_960x540_1000kbps");
    const profile = ProfileSchema.parse(await response.json());
    expect(profile.create_time).toBeUndefined();
    expect(profile.qlties[0]).toMatchObject({ width: 960, height: 540, format: "h264" });
  });
});

describe("GET profiles", () => {
  test("lists the client's own, then the catalogue, each as it is read alone", async () => {
    await create("mine");
    const response = await app.call("/api/v1/profiles");
    const { profiles } = ProfileListSchema.parse(await response.json());
    expect(profiles.map(({ profile_name }) => profile_name)).toEqual(["mine", ...CATALOGUE]);
    const last = profiles.at(-1);
    const alone = await app.call(`/api/v1/profile/${last?.profile_name}`);
    expect(ProfileSchema.parse(await alone.json())).toEqual(last as typeof last & object);
  });
});

describe("DELETE profile", () => {
  test("deletes a profile, also one whose tasks have ended", async () => {
    await create("mine");
    const id = await created(app, aTask({ profile_name: "mine" }));
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    const response = await app.call("/api/v1/profile/mine", { method: "DELETE" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ profile_name: "mine" });
    expect(await refusalOf(await app.call("/api/v1/profile/mine"))).toBe("404 NoSuchProfile");
    const { status } = await app.call(`${TASKS}/${id}`);
    expect(status).toBe(200);
  });
});

test("a create and a GET that name an unknown profile are told the nearest names, the client's own among them", async () => {
  const own = {
    profile_name: "lecture-720",
    qlties: [{ container: "mp4", format: "copy", audio_format: "copy" }],
  };
  expect((await app.call("/api/v1/profile", { body: own })).status).toBe(200);
  const told = async (path: string, body?: unknown) =>
    ((await (await app.call(path, { body })).json()) as { error: { message: string } }).error
      .message;
  expect(await told(TASKS, aTask({ profile_name: "lectures-720" }))).toBe(
    'Cannot find the profile "lectures-720": there is none; did you mean "lecture-720"?',
  );
  expect(await told("/api/v1/profile/video_mp4_transmx")).toStartWith(
    'Cannot find the profile "video_mp4_transmx": there is none; did you mean "video_mp4_transmux"',
  );
});
