import { describe, expect, test } from "bun:test";
import type { Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { planSource, type SourceLooks } from "../../src/worker/plan-source.ts";
import { aCapabilities, aMedia, anAudio, anAudioStream, aVideoStream } from "../plan/builders.ts";

/** What must not be looked at. */
const never = (what: string) => (): never => {
  throw new Error(`its ${what} were looked at`);
};
const BLIND: SourceLooks = {
  bytes: never("bytes"),
  packets: never("packets"),
  captions: never("captions"),
};

/** Sound alone into Matroska, as it is where it can be. */
const planFor =
  (clip?: Plan["products"][number]["expect"]["clip"]) =>
  (media: MediaInfo): Plan =>
    planTask(
      {
        assignments: [
          {
            rendition: { container: "mkv", video: "none", audio: anAudio({ bitrateBps: 400_000 }) },
            targets: [0],
          },
        ],
        tag: "t1",
        ...(clip && { clip }),
      },
      media,
      aCapabilities(),
    );

/** An ADTS frame's header in a packet of MPEG-TS that a PES packet of sound begins in. */
function tsPacket(rateIndex: number): Uint8Array {
  const packet = new Uint8Array(188);
  packet.set([0x47, 0x41, 0x01, 0x10, 0, 0, 1, 0xc0, 0, 0, 0x80, 0, 0]);
  packet.set([0xff, 0xf1, 0x40 | (rateIndex << 2), 0x80], 13);
  return packet;
}

async function* packetsOf(...rates: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const rate of rates) yield tsPacket(rate);
}

describe("planSource", () => {
  test("looks at nothing where the header tells enough", async () => {
    const media = aMedia();
    expect(await planSource(media, planFor(), BLIND)).toEqual({ plan: planFor()(media), media });
  });

  test.each([
    ["copied", [3, 3, 3, 3, 3, 3], "copy"],
    ["encoded where it changes midway", [3, 3, 4, 4, 4, 4], "encode"],
  ] as const)("has AAC out of MPEG-TS %s", async (_, rates, action) => {
    const media = aMedia({ format: "mpegts" });
    const looks = { ...BLIND, bytes: () => packetsOf(...rates) };
    const { plan } = await planSource(media, planFor(), looks);
    expect(plan.products[0]?.audio.action).toBe(action);
  });

  test("cuts a clip that the packets hold, and the header leaves no room for", async () => {
    const media = aMedia({ durationSeconds: 5, audio: anAudioStream({ durationSeconds: 5 }) });
    const shown = { fromSeconds: 0, toSeconds: 60 };
    const packets = { count: 10, firstSeconds: 0, lastSeconds: 59, gapSecondsMax: 1, shown };
    const counted = aMedia({
      durationSeconds: 5,
      video: aVideoStream({ packets }),
      audio: anAudioStream({ packets }),
    });
    const cut = planFor({ startSeconds: 20, durationSeconds: 10 });
    const looks = { ...BLIND, packets: async () => counted };
    const planned = await planSource(media, cut, looks);
    expect(planned.media.durationSeconds).toBe(60);
    expect(planned.plan.products[0]?.expect.durationSeconds).toBe(10);
    // Where it is not there, either.
    const none = { ...BLIND, packets: async () => media };
    await expect(planSource(media, cut, none)).rejects.toThrow("Cannot cut the clip");
  });

  test("plans again with the captions that a plan asks for", async () => {
    const media = aMedia();
    const asking = (known: MediaInfo): Plan => ({ ...planFor()(known), asksForCaptions: true });
    const known = { ...media, isCut: true as const };
    const looks = { ...BLIND, captions: async () => known };
    expect((await planSource(media, asking, looks)).media).toBe(known);
  });
});
