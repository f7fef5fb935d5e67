import { describe, expect, test } from "bun:test";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { judgeMetadata } from "../../../src/plan/verify/verify.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aCapabilities, aMedia } from "../builders.ts";
import { argsOf, COPY, planOf } from "../planned.ts";

const TOLD = aMedia({
  tags: { title: "Own", artist: "Me", location: "+48/" },
  chapters: [
    { startSeconds: 0, endSeconds: 20 },
    { startSeconds: 20, endSeconds: 60 },
  ],
});
const ALL = { tags: true, location: true, chapters: true } as const;

describe("what a file says of itself", () => {
  test("is nothing of the source, if that is not asked for", () => {
    const plan = planOf([{}], TOLD);
    expect(plan.products[0]?.expect).not.toHaveProperty("metadata");
    expect(argsOf(plan)[0]).toContain("-map_metadata -1 -map_chapters -1 -vf");
  });

  test("is what is asked for, one by one", () => {
    const asked = [ALL, { tags: true }, { location: true }, { chapters: true }] as const;
    const plan = planOf(
      asked.map((metadata) => ({ metadata })),
      TOLD,
    );
    expect(plan.products.map(({ expect: { metadata } }) => metadata)).toEqual([
      { tags: { title: "Own", artist: "Me", location: "+48/" }, chapters: 2 },
      { tags: { title: "Own", artist: "Me" }, chapters: 0 },
      { tags: { location: "+48/" }, chapters: 0 },
      { tags: {}, chapters: 2 },
    ]);
    expect(argsOf(planOf([{ metadata: ALL }], TOLD))[0]).toContain(
      "-map_metadata:g -1 -map_metadata:s -1 -map_chapters 0 " +
        "-metadata title=Own -metadata artist=Me -metadata location=+48/ -vf",
    );
  });

  test("is the task's title before the source's, with a warning where there can be none", () => {
    const plan = planOf([{ metadata: { tags: true } }, { container: "m3u8" }], TOLD, {
      title: "Ours",
    });
    expect(plan.products[0]?.expect.metadata?.tags).toEqual({ title: "Ours", artist: "Me" });
    expect(plan.products[1]?.expect).not.toHaveProperty("metadata");
    expect(plan.warnings).toContainEqual({
      code: "title_dropped",
      message: "The title is left out of targets[1]: m3u8 has none",
    });
  });

  test("has the chapters that a clip has something of", () => {
    const clip = { startSeconds: 25, durationSeconds: 5 };
    const [product] = planOf([{ metadata: { chapters: true } }], TOLD, { clip }).products;
    expect(product?.expect.metadata?.chapters).toBe(1);
  });

  test("ends with picture and sound where chapters of the source go on behind them", () => {
    const chapters = [
      { startSeconds: 0, endSeconds: 40 },
      { startSeconds: 40, endSeconds: 80 },
      { startSeconds: 80, endSeconds: 90 },
    ];
    // As MP4 says it: it lasts as long as its chapters.
    const media = { ...TOLD, chapters, durationSeconds: 90 };
    const asked = { metadata: { chapters: true } } as const;
    const plan = planOf([asked], media);
    expect(plan.products[0]?.expect.metadata).toMatchObject({ chapters: 2, endSeconds: 60 });
    expect(argsOf(plan)[0]).toContain("-map_chapters 0 -t 60");
    const clip = { startSeconds: 20 };
    expect(planOf([asked], media, { clip }).products[0]?.expect.metadata?.endSeconds).toBe(40);
    const ended = planOf([asked], media, { clip: { ...clip, durationSeconds: 5 } });
    expect(ended.products[0]?.expect.metadata).toEqual({ tags: {}, chapters: 1 });
  });

  test("is refused where the kept container cannot hold it", async () => {
    const media = { ...TOLD, format: "mpegts" };
    const kept = { ...COPY, container: "copy", metadata: { chapters: true } } as const;
    const { code, message } = await taskErrorOf(Promise.try(() => planOf([kept], media)));
    expect([code, message]).toEqual([
      "output_not_supported",
      'Cannot keep chapters in "mpegts": it has none',
    ]);
  });

  test("has its index last if that is asked for", () => {
    expect(argsOf(planOf([{ isIndexLast: true }]))[0]).not.toContain("+faststart");
    expect(argsOf(planOf([{}]))[0]).toContain("+faststart");
  });
});

describe("the fields of a group", () => {
  const group = (fields: Partial<Qlty>): Qlty => ({
    ...{ container: "mp4", bitrate: 1, audio_bitrate: 1 },
    ...fields,
  });

  test("are kept and answered", () => {
    const fields = { keep_tags: true, keep_location: true, keep_chapters: true, faststart: false };
    const made = toRendition(group(fields));
    expect(made).toMatchObject({ metadata: ALL, isIndexLast: true });
    expect(toQlty(made)).toMatchObject(fields);
    const usual = toRendition(group({ keep_tags: false, faststart: true }));
    expect(usual).toEqual(toRendition(group({})));
  });

  test.each([
    ["keep_tags", group({ container: "mpegts", keep_tags: true })],
    ["keep_location", group({ container: "cmaf", keep_location: true })],
    ["keep_chapters", group({ container: "flv", keep_chapters: true })],
    ["faststart", group({ container: "mkv", faststart: true })],
  ])("are refused by name where the container has none: %s", async (path, qlty) => {
    const { fields } = await taskErrorOf(Promise.try(() => toRendition(qlty)));
    expect(fields.map((field) => field.path)).toEqual([path]);
  });

  test("are refused of live sources", async () => {
    const asked = [{ keep_tags: true }, { keep_chapters: true }, { faststart: false }] as const;
    for (const fields of asked) {
      const alone = { rendition: toRendition(group(fields)), targets: [0] };
      const refused = taskErrorOf(
        Promise.try(() => refuseImpossibleLive(alone, [{ url: "out.mp4" }], aCapabilities())),
      );
      expect((await refused).message).toContain("Cannot keep tags or chapters of a live stream");
    }
  });

  test("are refused without a disk if they are chapters", async () => {
    const { impossibilityOf } = await import("../../../src/plan/feasible/feasible.ts");
    const made = toRendition(group({ keep_chapters: true }));
    const fault = impossibilityOf(made, aCapabilities({ streamsOutput: true }));
    expect(fault?.message).toContain("Cannot keep chapters");
  });
});

describe("judgeMetadata", () => {
  const chapters = [{ startSeconds: 0, endSeconds: 1 }];
  test.each([
    [{ tags: { title: "A" }, chapters: 0 }, { tags: { title: "B" } }, 'its title is "B"'],
    [{ tags: {}, chapters: 2 }, { chapters }, "it has 1 chapters, not 2"],
    [undefined, { chapters }, "it has chapters, which were not asked for"],
    [undefined, { tags: { location: "+48/" } }, "it says where it was made"],
  ])("refuses %p where it is %p", (wanted, found, message) => {
    expect(() => judgeMetadata(wanted, found)).toThrow(message);
  });

  test("takes what was planned, and a chapter of no length beside", () => {
    const more = [...chapters, { startSeconds: 1, endSeconds: 1 }];
    judgeMetadata(
      { tags: { title: "A", location: "+48/" }, chapters: 1 },
      { tags: { title: "A", location: "+48/" }, chapters: more },
    );
  });
});
