import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { subtitledFilm } from "../../fixtures/subtitled.ts";
import { type Examples, inSet } from "./example.ts";

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
};
