import { expect } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { subtitledFilm } from "../../fixtures/subtitled.ts";
import { outputOf } from "../../plan/run-plan.ts";
import { type Examples, inSet } from "./example.ts";

/** What a task of the page says beside its source and its targets. */
function taskOnPage(profile: string): Record<string, unknown> {
  const page = readFileSync("docs/profiles.md", "utf8");
  const blocks = [...page.matchAll(/^```http\nPOST [^\n]*\n\n([\s\S]*?)^```$/gm)];
  const found = blocks
    .map(([, body = ""]) => JSON.parse(body))
    .find(({ profile_name }) => profile_name === profile);
  const { source: _, targets: __, ...task } = found;
  return task;
}

/** The playlists of the pictures of a set. */
function picturesOf(path: string): readonly string[] {
  const folder = path.replace(/\.\w+$/, "");
  const names = readdirSync(folder).filter((name) => /media_[01]\.m3u8$/.test(name));
  return names.map((name) => join(folder, name));
}

const CUE = "1\n00:00:00,700 --> 00:00:01,900\n";

/** Subtitles. */
export const SUBTITLES: Examples = {
  with_subtitles: {
    source: () => subtitledFilm(),
    judge: ({ path, task }) => {
      const tracks = [...readFileSync(path, "utf8").matchAll(/TYPE=SUBTITLES.*LANGUAGE="(\w+)"/g)];
      expect(tracks.map(([, language]) => language)).toEqual(["en", "de"]);
      expect(readFileSync(inSet(path, "manifest.mpd"), "utf8").match(/text\/vtt/g)).toHaveLength(2);
      expect(task.warnings).toBeUndefined();
    },
  },
  burnt_in: {
    source: () => subtitledFilm(),
    judge: async ({ path, task }) => {
      // White letters, on the lower half of the film between bars: from the first second to the second.
      const whites = async (playlist: string, seconds: number) => {
        const args = ["-i", playlist, "-ss", String(seconds), "-frames:v", "1"];
        const shape = "crop=iw:ih*0.28:0:ih*0.5,scale=160:20:flags=neighbor,format=rgb24";
        const raw = await outputOf("ffmpeg", [...args, "-vf", shape, "-f", "rawvideo", "-"]);
        const isWhite = (_: number, at: number) =>
          raw.subarray(at, at + 3).every((one) => one > 190);
        return raw.filter((one, at) => at % 3 === 0 && isWhite(one, at)).length;
      };
      const all = picturesOf(path);
      expect(all).toHaveLength(2);
      for (const playlist of all) {
        expect(await whites(playlist, 0.5)).toBeLessThan(5);
        expect(await whites(playlist, 1.4)).toBeGreaterThan(50);
        expect(await whites(playlist, 2.4)).toBeLessThan(5);
      }
      expect(task.warnings).toBeUndefined();
    },
  },
  with_all_subtitles: {
    source: () => subtitledFilm(),
    task: async ({ media }) => {
      const folder = join(media, "in");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "talk.fr.srt"), `${CUE}Déjà vu\n`);
      const russian = [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2];
      writeFileSync(
        join(folder, "talk.ru.srt"),
        Buffer.concat([Buffer.from(CUE), Buffer.from(russian)]),
      );
      const task = JSON.stringify(taskOnPage("with_all_subtitles"));
      return JSON.parse(task.replaceAll("file:/media/", `file:${media}/`));
    },
    judge: ({ path, task }) => {
      const master = readFileSync(path, "utf8");
      const tracks = [
        ...master.matchAll(/NAME="([^"]+)",LANGUAGE="(\w+)",DEFAULT=(\w+),.*FORCED=(\w+)/g),
      ];
      expect(tracks.map(([, ...told]) => told)).toEqual([
        ["English", "en", "NO", "NO"],
        ["Deutsch (forced)", "de", "NO", "YES"],
        ["Français", "fr", "YES", "NO"],
        [expect.stringMatching(/^русский \(forced\)$/i), "ru", "NO", "YES"],
      ]);
      const folder = path.replace(/\.\w+$/, "");
      const texts = (at: number) => {
        const name = readdirSync(folder).find((one) => one.endsWith(`subtitles_${at}.vtt`)) ?? "";
        return readFileSync(join(folder, name), "utf8");
      };
      expect(texts(2)).toBe("WEBVTT\n\n00:00:00.200 --> 00:00:01.400\nDéjà vu\n");
      expect(texts(3)).toBe("WEBVTT\n\n00:00:00.200 --> 00:00:01.400\nПривет\n");
      expect(task.warnings).toBeUndefined();
    },
  },
};
