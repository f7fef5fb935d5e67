import { describe, expect, test } from "bun:test";
import { NO_DAMAGE } from "../../../src/task/damage.ts";
import type { ErrorCode } from "../../../src/task/errors.ts";
import { CountedSource } from "../../../src/worker/output/counted-source.ts";
import { CutOutput } from "../../../src/worker/output/whole-file.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aMedia, anAudioStream, aVideoStream } from "../../plan/builders.ts";
import { COPY, planOf } from "../../plan/planned.ts";

const HOUR = { durationSeconds: 3600, durationToleranceSeconds: 36 };
const EXPECTED = {
  ...HOUR,
  video: { codec: "h264", sameAsSource: false },
  audio: { codec: "aac", sameAsSource: false },
};
const facts = {
  count: 1500,
  firstSeconds: 0,
  lastSeconds: 59.96,
  gapSecondsMax: 0.04,
  shown: { fromSeconds: 0, toSeconds: 60 },
  firstKey: { seconds: 0, headCount: 0 },
};

function counting() {
  let times = 0;
  const source = new CountedSource(aMedia({ durationSeconds: 3600 }), async () => {
    times += 1;
    return aMedia({
      video: aVideoStream({ packets: facts }),
      audio: anAudioStream({ packets: facts }),
    });
  });
  return { source, times: () => times };
}

describe("CountedSource", () => {
  test("reads nothing where the output is as long as the header says", async () => {
    const { source, times } = counting();
    expect(await source.judge(EXPECTED, aMedia({ durationSeconds: 3600 }))).toEqual([]);
    expect(times()).toBe(0);
  });

  test("counts the packets once where outputs are not, and judges by them", async () => {
    const { source, times } = counting();
    const [warning] = await source.judge(EXPECTED, aMedia());
    await source.judge(EXPECTED, aMedia());
    expect(warning?.code).toBe("source_duration");
    expect(times()).toBe(1);
    expect(source.media.video?.packets).toEqual(facts);
  });

  test.each([
    ["mpegts", true],
    ["ac3", undefined],
  ] as const)(
    "takes a %s for damaged by what its demuxer says, not by a decoder that is called like it",
    async (format, isCut) => {
      const media = aMedia({ format, audio: anAudioStream({ packets: facts }) });
      const source = new CountedSource(media, async () => media);
      await source.judgeDamage({ ...NO_DAMAGE, isTold: true, speakers: [format] }, []);
      expect(source.media.isCut).toBe(isCut);
    },
  );

  test.each([
    [true, "source_damaged"],
    [false, "copy_wrong"],
  ])(
    "blames a source, damaged (%p) or not, for a copy that comes out otherwise",
    async (isTold, code) => {
      const media = aMedia({
        video: aVideoStream({ packets: facts }),
        audio: anAudioStream({ packets: facts }),
      });
      const source = new CountedSource(media, async () => media);
      await source.judgeDamage({ isTold, isFilled: false, speakers: [], failures: {} }, []);
      const [product] = planOf([{ ...COPY, audio: "none" }], media).products;
      if (!product) throw new Error("nothing is planned");
      const copy = aMedia({ video: aVideoStream({ packets: { ...facts, count: 1000 } }) });
      const { audio: _, ...output } = copy;
      const look = () => source.judge(product.expect, output);
      const error = await taskErrorOf(source.blaming(product, look));
      expect(error.code).toBe(code as ErrorCode);
      expect(error.message).toContain("1000 packets");
      const cut = await taskErrorOf(
        source.blaming(product, async () => {
          throw new CutOutput();
        }),
      );
      expect(cut.code).toBe("output_wrong");
    },
  );
});
