import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../../src/profile/containers.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { shown } from "../../line/profiles-doc/example.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const META = `;FFMETADATA1
title=A title, with = and ; in it
artist=Me
location=+48.8577+002.2950/
${[0, 1]
  .map(
    (at) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${at * 1000}\nEND=${at * 1000 + 1000}\ntitle=Part ${at}\n`,
  )
  .join("")}`;
const TITLE = "A title, with = and ; in it";
const ALL = { tags: true, location: true, chapters: true } as const;

let source: string;
beforeAll(async () => {
  const folder = tempFolder();
  source = join(folder, "in.mp4");
  writeFileSync(join(folder, "meta.txt"), META.replaceAll("= and ;", "\\= and \\;"));
  const inputs = [
    "-i",
    await clip({ seconds: 2, width: 64, height: 64 }),
    "-i",
    join(folder, "meta.txt"),
  ];
  await ffmpeg([...inputs, "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", source]);
});

const FORMS: readonly (readonly [Container, string])[] = [
  ["mp4", "mp4"],
  ["mov", "mov"],
  ["mkv", "mkv"],
  ["flv", "flv"],
];

describe("a copy with what its source says of itself", () => {
  test.each(FORMS)("is told in %s", async (container, extension) => {
    const metadata = container === "flv" ? ({ tags: true, location: true } as const) : ALL;
    const made = await makeProducts(
      source,
      profileOf({ container, video: "copy", audio: "copy", metadata }),
    );
    const path = join(made.folder, "0", `out.${extension}`);
    const told = await shown(path, "format_tags=title,artist,ARTIST");
    expect(told.join()).toContain(TITLE);
    const chapters = await shown(path, "chapter=start_time:chapter_tags=title");
    if (container !== "flv") expect(chapters).toEqual(["0.000000,Part 0", "1.000000,Part 1"]);
    const place = await shown(path, "format_tags=location,LOCATION");
    expect(place.join()).toContain("+48.857");
  });

  test("says nothing of where it was made, or anything else, unless that is asked for", async () => {
    for (const container of ["mp4", "mkv"] as const) {
      const made = await makeProducts(
        source,
        profileOf({ container, video: "copy", audio: "copy" }),
      );
      const path = join(made.folder, "0", `out.${container}`);
      expect((await shown(path, "format_tags=location,LOCATION")).join()).toBe("");
      const bytes = readFileSync(path);
      for (const text of ["+48.8577", "A title", "Part 0"])
        expect(bytes.includes(text)).toBeFalse();
    }
  });

  test("of sound is told in mp3 and ogg, and a clip has its own chapters at its own times", async () => {
    const audio = { codec: "opus", bitrateBps: 64_000 } as const;
    const ogg = await makeProducts(
      source,
      profileOf({ container: "ogg", video: "none", audio, metadata: ALL }),
      { clip: { startSeconds: 1 } },
    );
    const path = join(ogg.folder, "0", "out.ogg");
    expect(await shown(path, "stream_tags=title")).toEqual([expect.stringContaining("A title")]);
    // The first chapter ends where the clip begins: ffmpeg keeps it, with no length.
    const chapters = await shown(path, "chapter=start_time:chapter_tags=title");
    expect(chapters.at(-1)).toBe("0.000000,Part 1");
    const again = await makeProducts(
      path,
      profileOf({
        container: "mp3",
        video: "none",
        audio: { codec: "mp3", bitrateBps: 64_000 },
        metadata: ALL,
      }),
    );
    // The tags of Ogg are those of its stream.
    const mp3 = join(again.folder, "0", "out.mp3");
    expect((await shown(mp3, "format_tags=title")).join()).toContain("A title");
    expect((await shown(mp3, "chapter_tags=title")).at(-1)).toBe("Part 1");
  });

  test("has the titles and chapters of an audio book, of which the last go on behind its end", async () => {
    const [title, folder] = ['Größe 你好 🎬 "x" ; trailing ', tempFolder()];
    const starts = Array.from({ length: 300 }, (_, at) => at * 10);
    const chapters = starts.map(
      (at) => `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${at}\nEND=${at + 10}\n`,
    );
    writeFileSync(join(folder, "book.txt"), `;FFMETADATA1\n${chapters.join("")}`);
    const book = join(folder, "book.m4a");
    const inputs = ["-i", source, "-i", join(folder, "book.txt"), "-map_chapters", "1"];
    await ffmpeg([...inputs, "-map", "0:a", "-c", "copy", "-metadata", `title=${title}`, book]);
    const made = await makeProducts(
      book,
      profileOf({ container: "m4a", video: "none", audio: "copy", metadata: ALL }),
    );
    const path = join(made.folder, "0", "out.m4a");
    expect(Number(await shown(path, "format=duration"))).toBeCloseTo(2, 1);
    expect((await shown(path, "chapter=start_time")).length).toBeWithin(200, 206);
    expect(made.verified[0]?.output.durationSeconds).toBeCloseTo(2, 1);
  });

  test("is told beside sounds that are chosen", async () => {
    const sound = { tracks: "all" } as const;
    for (const metadata of [ALL, undefined]) {
      const made = await makeProducts(
        source,
        profileOf({
          container: "mp4",
          video: "copy",
          audio: "copy",
          sound,
          ...(metadata && { metadata }),
        }),
      );
      const path = join(made.folder, "0", "out.mp4");
      const told = metadata ? ["Part 0", "Part 1"] : [""];
      expect(await shown(path, "chapter_tags=title")).toEqual(told);
    }
  });

  test("leaves the index at the end if that is asked for", async () => {
    for (const isIndexLast of [true, undefined] as const) {
      const made = await makeProducts(
        source,
        profileOf({
          container: "mp4",
          video: "copy",
          audio: "copy",
          ...(isIndexLast && { isIndexLast }),
        }),
      );
      const bytes = readFileSync(join(made.folder, "0", "out.mp4"));
      expect(bytes.indexOf("moov") > bytes.indexOf("mdat")).toBe(isIndexLast === true);
    }
  });
});
