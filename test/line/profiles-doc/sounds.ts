import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { soundingFilm } from "../../fixtures/sounding.ts";
import type { Examples } from "./example.ts";

/** The example of several sounds. */
export const SOUNDS: Examples = {
  two_languages: {
    source: () => soundingFilm(),
    judge: ({ path, task }) => {
      const lines = readFileSync(path, "utf8").split("\n");
      const told = lines.flatMap(
        (line) => /LANGUAGE="(\w+)",CHANNELS="(\d)"/.exec(line)?.slice(1) ?? [],
      );
      expect(told).toEqual(["fr", "2", "en", "2", "en", "1"]);
      const tracks = task.targets[0]?.output?.audio_tracks ?? [];
      expect(tracks.map(({ language, is_default: isDefault }) => [language, isDefault])).toEqual([
        ["fra", true],
        ["eng", false],
        ["eng", false],
      ]);
      for (const { loudness } of tracks)
        expect(loudness?.after.integrated_lufs).toBeWithin(-16.5, -15.5);
    },
  },
};
