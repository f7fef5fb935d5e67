import { describe, expect, test } from "bun:test";
import type { Loudness } from "../../../src/probe/media.ts";
import type { Sound } from "../../../src/profile/fields/sound.ts";
import { mediaOf, planOf, SOUNDS } from "../chosen-sounds.ts";

describe("planTask() of loudness", () => {
  const loud = (integratedLufs: number, truePeakDbtp: number): Loudness => ({
    ...{ integratedLufs, truePeakDbtp, rangeLu: 5 },
  });

  /** Plans again and again, with what each plan asks for measured as told, and gives the last filters of the sound. */
  const levelled = (sound: Sound, measure: (filters: string) => Loudness) => {
    let media = mediaOf(SOUNDS.slice(1, 2));
    const asked: string[] = [];
    for (;;) {
      const { asksForLoudness, steps, products } = planOf(sound, {}, media);
      if (!asksForLoudness) return { asked, args: steps[0]?.args.join(" ") ?? "", products };
      const { step, names } = asksForLoudness;
      const args = step.args.join(" ");
      asked.push(args);
      const found = names.map((name) => [name, measure(args)]);
      media = { ...media, loudness: { ...media.loudness, ...Object.fromEntries(found) } };
    }
  };

  test("measures the sound as it is to be encoded, and changes it by gain alone if its peaks allow", () => {
    const { asked, args, products } = levelled({ loudnessLufs: -23 }, () => loud(-30, -12));
    expect(asked).toEqual([
      "-f mov -i input -filter_complex [0:2]aresample=async=1,aformat=channel_layouts=stereo,ebur128@meter0=peak=true:framelog=verbose[metered0] -map [metered0] -vn -sn -dn -map_metadata -1 -map_chapters -1 -c:a pcm_s16le -f null -",
    ]);
    expect(args).toContain("aformat=channel_layouts=stereo,volume=7dB -c:a:0 aac");
    expect(products[0]?.sounds?.[0]?.loudness).toEqual({ wantedLufs: -23, before: loud(-30, -12) });
  });

  test("limits peaks that would be too high, and measures again what that takes from the loudness", () => {
    const measure = (args: string) =>
      args.includes("volume=16dB,")
        ? loud(-15, -1.8)
        : args.includes("volume=15dB,")
          ? loud(-16, -1.8)
          : loud(-30, -9);
    const { asked, args } = levelled({ loudnessLufs: -16 }, (told) =>
      told.includes("volume=14dB,") ? loud(-17, -1.8) : measure(told),
    );
    expect(asked).toHaveLength(3);
    expect(args).toContain(
      "volume=15dB,aresample=192000,alimiter=limit=0.8128:attack=5:release=50:level=0:latency=1 -c:a:0 aac",
    );
  });

  test("ends if no gain leads there, and leaves silence alone", () => {
    const loudest = levelled({ loudnessLufs: -16 }, (args) =>
      args.includes("alimiter") ? loud(-20, -1.8) : loud(-30, -9),
    );
    expect(loudest.asked).toHaveLength(5);
    const silent = levelled({ loudnessLufs: -16 }, () => loud(-70, -120));
    expect(silent.args).not.toContain("volume");
  });
});
