import { describe, expect, test } from "bun:test";
import { planTask } from "../../src/plan/plan-task.ts";
import type { AudioStream } from "../../src/probe/media.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { aCapabilities, aMedia, anAudioStream, aRendition } from "./builders.ts";
import { ASKED, mediaOf, planOf, refusalOf, SOUNDS } from "./chosen-sounds.ts";

const argsOf = (...all: Parameters<typeof planOf>): string =>
  planOf(...all).steps[0]?.args.join(" ") ?? "";

describe("planTask() of chosen sounds", () => {
  test("makes each a stream of the file, with its language, title and dispositions", () => {
    const args = argsOf({ tracks: "all" });
    expect(args).toContain("-map 0:0 -map 0:1 -map 0:2 -map 0:4 -sn -dn -map_metadata -1");
    const rest = "-c:a:0 aac -b:a:0 128k -ar:a:0 48000";
    expect(args).toContain(
      `-metadata:s:a:0 language=eng -disposition:a:0 default -filter:a:0 aresample=async=1,aformat=channel_layouts=5.1 ${rest}`,
    );
    expect(args).toContain(
      "-metadata:s:a:1 language=fra -metadata:s:a:1 title=VF -metadata:s:a:1 handler_name=VF -disposition:a:1 dub -filter:a:1",
    );
    expect(args).toContain("-metadata:s:a:2 language=eng -disposition:a:2 comment -filter:a:2");
  });

  test.each([
    [["fr", "eng"], "-map 0:2 -map 0:1 -map 0:4 -sn"],
    [["FRE"], "-map 0:0 -map 0:2 -sn"],
    [["fr-CA", 0], "-map 0:2 -map 0:1 -sn"],
    [[2, 2], "-map 0:0 -map 0:4 -sn"],
  ])("takes %j in this order, each once, and begins with the first", (tracks, maps) => {
    const plan = planOf({ tracks });
    expect(plan.steps[0]?.args.join(" ")).toContain(maps);
    expect(plan.products[0]?.sounds?.map(({ label }) => label.isDefault)).toEqual(
      plan.products[0]?.sounds?.map((_one, at) => at === 0),
    );
    expect(plan.warnings).toEqual([]);
  });

  test("takes sounds without a language by und", () => {
    const media = mediaOf([
      anAudioStream({ index: 1 }),
      anAudioStream({ index: 2, language: "eng" }),
    ]);
    expect(argsOf({ tracks: ["und"] }, {}, media)).toContain("-map 0:0 -map 0:1 -sn");
  });

  test("warns of what the source lacks, and fails only if nothing is left", () => {
    expect(planOf({ tracks: ["de", "fr", 7] }).warnings).toEqual([
      {
        code: "audio_track_missing",
        message: 'The source has no sound in "de", which audio_tracks names',
      },
      {
        code: "audio_track_missing",
        message: "The source has no usable sound at place 7, which audio_tracks names",
      },
    ]);
    const failed = refusalOf(() => planOf({ tracks: ["de", 7] }));
    expect(failed.code).toBe("input_not_supported");
    expect(failed.message).toContain('it has none of ["de",7]');
    const { audio: ___, ...silent } = aMedia({ streams: [] });
    expect(refusalOf(() => planOf({ tracks: ["de"] }, {}, silent)).code).toBe(
      "input_not_supported",
    );
    expect(planOf({ tracks: "all" }, {}, silent).products[0]?.audio.action).toBe("none");
  });

  test("makes at most 32 sounds, each of a pair counted", () => {
    const surround = (count: number) =>
      mediaOf(
        Array.from({ length: count }, (_, at) =>
          anAudioStream({ index: at + 1, codec: "ac3", channels: 6, layout: "5.1(side)" }),
        ),
      );
    const most = planOf({ tracks: "all" }, {}, surround(32));
    expect(most.products[0]?.sounds).toHaveLength(32);
    const failed = refusalOf(() => planOf({ tracks: "all" }, {}, surround(33)));
    expect(failed.code).toBe("input_not_supported");
    expect(failed.message).toContain("33 are more than an output may have, which is 32");
    const pairs = () => planOf({ tracks: "all", mix: "surround_and_stereo" }, {}, surround(17));
    expect(refusalOf(pairs).message).toContain("34 are more");
  });

  test("leaves out what cannot be decoded, and says so", () => {
    const media = mediaOf([
      ...SOUNDS,
      anAudioStream({ index: 5, codec: "dts", isUndecodable: true }),
    ]);
    const plan = planOf({ tracks: "all" }, {}, media);
    expect(plan.products[0]?.sounds).toHaveLength(3);
    expect(plan.warnings.map(({ code }) => code)).toEqual(["audio_track_missing"]);
  });

  test("copies each sound that is as asked for, and no other", () => {
    const media = mediaOf([anAudioStream({ index: 1, bitrateBps: 64_000 }), ...SOUNDS.slice(1)]);
    const plan = planOf({ tracks: "all" }, {}, media);
    expect(plan.products[0]?.sounds?.map(({ audio }) => audio.action)).toEqual([
      "copy",
      "encode",
      "encode",
    ]);
    expect(plan.steps[0]?.args.join(" ")).toContain("-c:a:0 copy");
  });

  test("fills the time before a sound that begins late, and not before the others", () => {
    const late = anAudioStream({ index: 2, codec: "mp3", startSeconds: 1 });
    const args = argsOf({ tracks: "all" }, {}, mediaOf([SOUNDS[0] as AudioStream, late]));
    expect(args).toContain("[0:2]asettb=AVTB,asplit[a0s1main][a0s1first]");
    expect(args).not.toContain("a0s0");
  });

  test("makes the stereo of 5.1 with its centre in both sides and all else lower, and leaves stereo", () => {
    const plan = planOf({ tracks: [0, 1], mix: "stereo" });
    const args = plan.steps[0]?.args.join(" ") ?? "";
    expect(args).toContain(
      "-filter:a:0 aresample=async=1,aformat=channel_layouts=5.1,pan=stereo|FL=0.707*FL+0.707*FC+0.354*BL|FR=0.707*FR+0.707*FC+0.354*BR,aformat=channel_layouts=stereo ",
    );
    expect(args).toContain("-filter:a:1 aresample=async=1,aformat=channel_layouts=stereo ");
    expect(plan.products[0]?.sounds?.map(({ channels }) => channels)).toEqual([2, 2]);
  });

  test("makes 5.1 and stereo beside it of surround alone", () => {
    const plan = planOf({ tracks: [0, 1], mix: "surround_and_stereo" });
    const args = plan.steps[0]?.args.join(" ") ?? "";
    expect(args).toContain("-map 0:0 -map 0:1 -map 0:1 -map 0:2 -sn");
    expect(args).toContain("-b:a:0 128k");
    expect(args).toContain("-b:a:1 64k");
    expect(plan.products[0]?.sounds?.map(({ channels }) => channels)).toEqual([6, 2, 2]);
  });

  test("makes stereo of pairs of single channels, and leaves one that is alone", () => {
    const mono = (index: number, language: string) =>
      anAudioStream({ index, codec: "pcm_s16le", channels: 1, layout: "mono", language });
    const media = mediaOf([
      mono(1, "eng"),
      mono(2, "eng"),
      mono(3, "fra"),
      mono(4, "fra"),
      mono(5, "fra"),
    ]);
    const plan = planOf({ tracks: "all", mix: "mono_pairs" }, { container: "mkv" }, media);
    const args = plan.steps[0]?.args.join(" ") ?? "";
    expect(args).toContain("join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR");
    expect(args).toContain("-map [a0s0] -map [a0s1] -map 0:5 -sn");
    expect(plan.products[0]?.sounds?.map(({ channels }) => channels)).toEqual([2, 2, 1]);
    const main = planOf({ mix: "mono_pairs" }, {}, media);
    expect(main.products[0]?.sounds?.map(({ channels }) => channels)).toEqual([2]);
  });

  test.each(["m3u8", "dash", "cmaf"] as const)(
    "makes each a track of its own in %s",
    (container) => {
      const plan = planOf({ tracks: "all" }, { container });
      const { tracks = [], renditions } = plan.products[0]?.set ?? {};
      expect(tracks.map(({ kind, language }) => `${kind} ${language}`)).toEqual([
        "video undefined",
        "audio eng",
        "audio fra",
        "audio eng",
      ]);
      expect(renditions).toEqual([{ video: 0, audio: 1, sounds: [1, 2, 3] }]);
      expect(plan.steps[0]?.args.join(" ")).toContain(
        "-adaptation_sets id=0,streams=0 id=1,streams=1 id=2,streams=2 id=3,streams=3",
      );
    },
  );

  test("shares equal sounds among the renditions of a set", () => {
    const rendition = aRendition({ container: "cmaf", audio: ASKED, sound: { tracks: "all" } });
    const small = {
      ...rendition,
      video: { ...(rendition.video as object), width: 640, height: 360 },
    };
    const profile = { name: "mine", description: "", renditions: [rendition, small as Rendition] };
    const assignments = assignRenditions(profile, [undefined]);
    const plan = planTask({ assignments, tag: "t1" }, mediaOf(), aCapabilities());
    expect(plan.products[0]?.set?.renditions).toEqual([
      { video: 0, audio: 2, sounds: [2, 3, 4] },
      { video: 1, audio: 2, sounds: [2, 3, 4] },
    ]);
  });
});
