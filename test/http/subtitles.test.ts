import { expect, test } from "bun:test";
import { TaskSchema } from "../../src/http/schemas/task-schemas.ts";
import { anApp, aTask, created, TASKS } from "../fixtures/http-app.ts";
import { hastyHttpStorage } from "../fixtures/http-storage.ts";
import { aCapabilities } from "../plan/builders.ts";

const PROFILE = "with-texts";
const QLTY = { container: "mp4", bitrate: 100_000, audio_bitrate: 64_000 };

/** An app that knows a profile with subtitles. */
async function anAppWithTexts(fields: object = { subtitle_tracks: "all" }) {
  const first = await anApp();
  const storages = [...first.ports.storages, hastyHttpStorage()];
  const app = await anApp({ storages, capabilities: async () => aCapabilities() });
  const body = { profile_name: PROFILE, qlties: [{ ...QLTY, ...fields }] };
  expect((await app.call("/api/v1/profile", { body })).status).toBe(200);
  return app;
}

const file = (source_url: string) => ({ source_url, language: "pt-BR", default: true });

test("files of subtitles are kept with their task, and answered without secrets", async () => {
  const app = await anAppWithTexts();
  const secret = "http://ada:secret@127.0.0.1/pt.srt";
  const given = { ...file(secret), title: "Português", charset: "windows-1252" };
  const id = await created(app, aTask({ profile_name: PROFILE, subtitles: [given] }));
  const { subtitles } = TaskSchema.parse(await (await app.call(`${TASKS}/${id}`)).json());
  expect(subtitles).toEqual([{ ...given, source_url: "http://***@127.0.0.1/pt.srt" }]);
});

test("files of subtitles are refused by their fields", async () => {
  const app = await anAppWithTexts();
  const refused = async (subtitles: unknown, profile_name = PROFILE) => {
    const answer = await app.call(TASKS, { body: aTask({ profile_name, subtitles }) });
    const { error } = (await answer.json()) as { error: { details: { path: string }[] } };
    return [...new Set(error.details.map(({ path }) => path))];
  };
  const bad = { ...file("a.srt"), language: "x", charset: "runes", title: "a\nb" };
  expect(await refused([bad])).toEqual([
    "subtitles[0].language",
    "subtitles[0].title",
    "subtitles[0].charset",
  ]);
  expect(await refused([file("a.srt"), file("b.srt")])).toEqual(["subtitles"]);
  expect(await refused([])).toEqual(["subtitles"]);
  const many = (count: number) =>
    Array.from({ length: count }, () => ({ ...file("a.srt"), default: false }));
  expect(await refused(many(33))).toEqual(["subtitles"]);
  expect(await refused([file("ftp://host/a.srt")])).toEqual(["subtitles[0].source_url"]);
  expect(await refused([file("out.mp4")])).toEqual(["subtitles[0].source_url"]);
  // Nothing would come of them.
  expect(await refused([file("a.srt")], "video_mp4_1280x720_1728kbps")).toEqual(["subtitles"]);
});

test("files of subtitles are taken where they are drawn into the picture alone", async () => {
  const app = await anAppWithTexts({ burn_in: "pt" });
  await created(app, aTask({ profile_name: PROFILE, subtitles: [file("a.srt")] }));
});

test("captions have languages by the names of their channels alone", async () => {
  const { call } = await anApp();
  const answered = async (caption_languages: object) => {
    const qlties = [{ ...QLTY, closed_captions: "keep", caption_languages }];
    return (await call("/api/v1/profile", { body: { profile_name: PROFILE, qlties } })).status;
  };
  for (const channel of ["CC5", "SERVICE0", "SERVICE64", "cc1"])
    expect(await answered({ [channel]: "en" })).toBe(400);
  expect(await answered({ CC4: "en", SERVICE63: "fr" })).toBe(200);
});
