import { expect, test } from "bun:test";
import { TaskSchema } from "../../src/http/schemas/task-schemas.ts";
import { anApp, aTask, created, TASKS } from "../fixtures/http-app.ts";
import { hastyHttpStorage } from "../fixtures/http-storage.ts";
import { aCapabilities } from "../plan/builders.ts";

const PROFILE = "with-texts";
const QLTY = { container: "mp4", bitrate: 100_000, audio_bitrate: 64_000, subtitle_tracks: "all" };

/** An app that knows a profile with subtitles. */
async function anAppWithTexts() {
  const first = await anApp();
  const storages = [...first.ports.storages, hastyHttpStorage()];
  const app = await anApp({ storages, capabilities: async () => aCapabilities() });
  const body = { profile_name: PROFILE, qlties: [QLTY] };
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
  expect(await refused([file("ftp://host/a.srt")])).toEqual(["subtitles[0].source_url"]);
  expect(await refused([file("out.mp4")])).toEqual(["subtitles[0].source_url"]);
  // Nothing would come of them.
  expect(await refused([file("a.srt")], "video_mp4_1280x720_1728kbps")).toEqual(["subtitles"]);
});
