import { describe, expect, test } from "bun:test";
import { planTask } from "../../../src/plan/plan-task.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  anAudio,
  anAudioStream,
  aVideoStream,
} from "../builders.ts";
import { argsOf, COPY, planOf } from "../planned.ts";

const HEAD = { headSeconds: 0.92, laterSeconds: 0 };
const trimmed = (hidden = HEAD, codec = "h264") =>
  aMedia({ video: aVideoStream({ hidden, codec }), audio: anAudioStream({ hidden }) });
const WHY = "an edit list hides 0.92 s of the picture, which a copy would bring back";

describe("a source whose edit list hides a part", () => {
  test("is encoded, though it is as asked for, and it is said why", () => {
    const fits = { video: aCustomVideo({ bitrateBps: 9e6 }), audio: anAudio({ bitrateBps: 9e5 }) };
    const [product] = planOf([fits], trimmed()).products;
    expect(product?.video).toEqual({ action: "encode", why: WHY });
    expect(product?.audio).toMatchObject({ action: "encode" });
    expect(planOf([fits]).products[0]?.video.action).toBe("copy");
  });

  test.each(["mkv", "mpegts", "flv", "m3u8"] as const)(
    "is encoded into %s instead of copied, with a warning",
    (container) => {
      const { products, warnings, steps } = planOf([{ ...COPY, container }], trimmed());
      expect(products[0]?.video).toEqual({ action: "encode", why: WHY });
      expect(steps[0]?.args.join(" ")).toContain("-b:v 7465k ");
      expect(warnings.map(({ code }) => code)).toEqual(["hidden_media", "hidden_media"]);
    },
  );

  test.each(["mp4", "mov"] as const)(
    "keeps in a copy to %s what decoding needs, with an edit list, but none of its sound",
    (container) => {
      const { products, warnings } = planOf([{ ...COPY, container }], trimmed());
      expect([products[0]?.video.action, products[0]?.audio.action]).toEqual(["copy", "encode"]);
      expect(warnings[0]?.message).toContain("0.92 s of the picture before its beginning");
    },
  );

  test("is encoded where it is cut in its midst or at its end", () => {
    const media = trimmed({ headSeconds: 0, laterSeconds: 2 });
    expect(planOf([COPY], media).products[0]?.video.action).toBe("encode");
  });

  test("keeps its codec where that is encoded here, else takes the container's", () => {
    const hevc = argsOf(planOf([{ ...COPY, container: "mkv" }], trimmed(HEAD, "hevc")));
    expect(hevc[0]).toContain("-c:v libx265 ");
    const prores = argsOf(planOf([{ ...COPY, container: "mkv" }], trimmed(HEAD, "prores")));
    expect(prores[0]).toContain("-c:v libx264 ");
  });

  test("is refused where the encoder for it is missing", async () => {
    const rendition = { container: "mkv", video: "copy", audio: "copy" } as const;
    const plan = async () =>
      planTask(
        { assignments: [{ rendition, targets: [0] }], tag: "t" },
        trimmed(),
        aCapabilities({ encoders: ["aac"] }),
      );
    expect(await taskErrorOf(plan())).toMatchObject({
      code: "output_not_supported",
      message: `Cannot copy the source: ${WHY}, and the engine has no encoder libx264`,
    });
  });
});
