import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { type Examples, shown } from "./example.ts";

const TOLD = `;FFMETADATA1
title=Own
artist=Me
location=+48.8577+002.2950/
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=All of it
`;

/** What files say of themselves. */
export const METADATA: Examples = {
  tagged: {
    source: async () => {
      const folder = tempFolder();
      const [texts, path] = [join(folder, "told.txt"), join(folder, "told.mp4")];
      writeFileSync(texts, TOLD);
      const inputs = ["-i", await clip({ seconds: 2 }), "-i", texts];
      await ffmpeg([...inputs, "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", path]);
      return path;
    },
    task: async () => ({ title: "Theirs" }),
    judge: async ({ path }) => {
      expect(await shown(path, "format_tags=title,artist,location")).toEqual(["Theirs,Me"]);
      expect(await shown(path, "chapter_tags=title")).toEqual(["All of it"]);
    },
  },
};
