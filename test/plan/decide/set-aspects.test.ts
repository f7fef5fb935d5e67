import { describe, expect, test } from "bun:test";
import { groupByAspect } from "../../../src/plan/decide/set-aspects.ts";

const picture = (width: number, height: number, codec = "h264") => ({ width, height, codec });

describe("groupByAspect", () => {
  test("gives pictures of one shape exactly the same, by pixels that are not quite square", () => {
    const [group, ...others] = groupByAspect([
      picture(640, 360),
      picture(852, 480),
      picture(1280, 720),
    ]);
    expect(others).toEqual([]);
    expect(group).toEqual({
      members: [0, 1, 2],
      sampleAspects: [undefined, { num: 640, den: 639 }, undefined],
    });
  });

  test("keeps a high dynamic range and a standard one apart", () => {
    const [large, small] = [picture(640, 360, "h265"), picture(320, 180, "h265")];
    const kept = { ...small, colour: { tags: { transfer: "smpte2084" } } };
    const groups = groupByAspect([large, kept, small, { ...kept, ...large, colour: kept.colour }]);
    expect(groups.map(({ members }) => members)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  test("keeps other shapes and codecs apart", () => {
    const pictures = [
      picture(640, 360),
      picture(480, 360),
      picture(640, 360, "h265"),
      picture(320, 180),
    ];
    expect(groupByAspect(pictures).map(({ members }) => members)).toEqual([[0, 3], [1], [2]]);
  });
});
