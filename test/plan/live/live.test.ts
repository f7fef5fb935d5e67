import { describe, expect, test } from "bun:test";
import { watchedInputArgs } from "../../../src/engine/native-live/live-inputs.ts";
import {
  countedUrls,
  liveGraphArgs,
  liveOutputArgs,
  watchingArgs,
} from "../../../src/engine/native-live/live-outputs.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithVideo,
  anAudioStream,
  aRendition,
  aVideo,
  aVideoStream,
  targetsAt,
} from "../builders.ts";

const renditionOf = (name: string) => systemProfile(name)?.renditions[0] ?? aRendition();
const assigned = (name: string, count: number) => [
  { rendition: renditionOf(name), targets: Array.from({ length: count }, (_, at) => at) },
];
const outputOf = (name: string, targetUrls: readonly string[], media = aMedia()) => {
  const request = {
    assignments: assigned(name, targetUrls.length),
    targets: targetsAt(...targetUrls),
  };
  const plan = planLive(request, media, aCapabilities());
  return liveOutputArgs(plan, { offsetSeconds: 2.5, part: 1, prefix: "pontus.t-set.1-0" });
};

describe("planLive", () => {
  test("encodes once for all targets, whatever container the profile names", () => {
    const args = outputOf("video_mp4_640x360_520kbps", ["rtmp://a/live/x", "srt://b:1"]);
    expect(args.filter((arg) => arg === "-c:v")).toHaveLength(1);
    expect(args.at(-1)).toBe(
      "[f=tee:onfail=ignore][f=flv:onfail=ignore:listen=1:timeout=1000]unix:gates/0/wait\\|" +
        "[f=flv:onfail=abort:flvflags=no_duration_filesize:rw_timeout=5000000]rtmp://a/live/x" +
        "\\|[f=flv:onfail=ignore:flvflags=no_duration_filesize:flush_packets=0]pipe:3" +
        "|[f=tee:onfail=ignore][f=mpegts:onfail=ignore:listen=1:timeout=1000]unix:gates/1/wait" +
        "\\|[f=mpegts:onfail=abort:bsfs/v=dump_extra:rw_timeout=5000000]srt://b:1" +
        "\\|[f=mpegts:onfail=ignore:bsfs/v=dump_extra:flush_packets=0]pipe:4",
    );
    expect(args.join(" ")).toContain("-flags +global_header -output_ts_offset 2.5 -f tee");
  });

  test("copies where a copy is asked for", () => {
    const args = outputOf("video_flv_transmux", ["rtmp://a/live/x"]).join(" ");
    expect(args).toContain("-c:v copy -c:a copy");
    expect(args).not.toContain("dump_extra");
  });

  test("repeats the parameter sets of an encoded picture in MPEG-TS, whether its sound is copied or not", () => {
    const targets = targetsAt("rtmp://a/live/x", "srt://b:1");
    const slaves = (fields: Partial<Rendition>) => {
      const assignments = [
        { rendition: aRendition({ container: "flv", ...fields }), targets: [0, 1] },
      ];
      const plan = planLive({ assignments, targets }, aMedia(), aCapabilities());
      return liveOutputArgs(plan, { offsetSeconds: 0, part: 0, prefix: "p" }).at(-1) ?? "";
    };
    expect(slaves({ audio: "copy" })).toContain("[f=mpegts:onfail=abort:bsfs/v=dump_extra:");
    expect(slaves({ audio: "copy" })).toBe(slaves({}));
    expect(slaves({ video: "copy" })).not.toContain("dump_extra");
    expect(slaves({ video: "none" })).not.toContain("dump_extra");
  });

  test("fills late sound in the one graph of the run, on which 9.0 does not wait for itself", () => {
    const names = ["640x360_520kbps", "320x240_240kbps", "480x270_400kbps"];
    const assignments = names.map((name, at) => ({
      rendition: renditionOf(`video_mp4_${name}`),
      targets: [at],
    }));
    const targets = targetsAt(...names.map((_, at) => `udp://a:${at + 1}`));
    const media = aMedia({ audio: anAudioStream({ startSeconds: 0.5 }) });
    const plan = planLive({ assignments, targets }, media, aCapabilities());
    expect(
      liveGraphArgs(plan)
        .at(-1)
        ?.match(/\[live\da\](?=;|$)/g),
    ).toEqual(["[live0a]", "[live1a]", "[live2a]"]);
    for (const { streams } of plan.outputs)
      expect(streams.find(({ kind }) => kind === "audio")?.filters).toBeUndefined();
  });

  test("filters all pictures in the one graph of the run if one has more frames than the source", () => {
    const rates = [undefined, { num: 60, den: 1 }];
    const assignments = rates.map((framerate, at) => ({
      rendition: aRendition({ video: aVideo(framerate ? { framerate } : {}) }),
      targets: [at],
    }));
    const planned = (count: number) =>
      planLive(
        { assignments: assignments.slice(-count), targets: targetsAt("udp://a:1", "udp://a:2") },
        aMedia(),
        aCapabilities(),
      );
    const [option, graph = "", ...others] = liveGraphArgs(planned(2));
    expect([option, others]).toEqual(["-filter_complex", []]);
    expect(graph).toMatch(/^\[0:0\].*fps=30.*\[live0v\];\[0:0\].*fps=60.*\[live1v\]$/);
    const maps = planned(2).outputs.map(({ streams }) => streams[0]?.map);
    expect(maps).toEqual(["[live0v]", "[live1v]"]);
    expect(liveGraphArgs(planned(1))).toEqual([]);
  });

  test("puts no parameter sets aside for MPEG-TS alone, which repeats them", () => {
    expect(outputOf("video_mp4_640x360_520kbps", ["udp://a:1"])).not.toContain("-flags");
  });

  test("records what file targets get in fragments, each run a part of its own", () => {
    const args = outputOf("video_mp4_640x360_520kbps", ["rtmp://a/live/x", "out.mp4"]);
    expect(args.at(-1)?.split("|").at(-1)).toBe(
      "[use_fifo=0:onfail=ignore:f=mp4:movflags=+delay_moov+default_base_moof:frag_duration=1000000:flush_packets=1]recorded-0/part-00001.mp4",
    );
  });

  test("makes segments of what is a set, under the names that they are published by", () => {
    const args = outputOf("video_hls_640x360_520kbps", ["rtmp://a/live/x", "out.m3u8"]);
    expect(args.at(-1)?.split("|").at(-1)).toBe(
      "[use_fifo=0:onfail=ignore:f=hls:hls_time=2:hls_list_size=0:hls_flags=temp_file" +
        ":hls_segment_filename=recorded-0/pontus.t-set.1-0-%05d.ts:bsfs/v=dump_extra]recorded-0/part-00001.m3u8",
    );
  });

  test("makes fragments of mp4 of a set whose codec HLS carries in no other way", () => {
    const media = aMediaWithVideo({ codec: "hevc" });
    const args = outputOf("video_hls_transmux", ["out.m3u8"], media);
    expect(args.at(-1)).toContain(
      ":hls_segment_filename=recorded-0/pontus.t-set.1-0-%05d.m4s:hls_segment_type=fmp4" +
        ":hls_fmp4_init_filename=pontus.t-set.1-0-init.mp4",
    );
    expect(args.join(" ")).toContain("-tag:v hvc1");
  });

  test("counts what each live target is sent by a pipe of its own, across encodes", () => {
    const targets = targetsAt("rtmp://a/live/x", "out.mp4", "rtsp://b/x");
    const rendition = renditionOf("video_mp4_640x360_520kbps");
    const assignments = [0, 2].map((at) => ({ rendition, targets: [at, 1] }));
    const plan = planLive({ assignments, targets }, aMedia(), aCapabilities());
    expect(countedUrls(plan)).toEqual(["rtmp://a/live/x", "rtsp://b/x"]);
    const args = liveOutputArgs(plan, {
      offsetSeconds: 0,
      part: 0,
      prefix: "pontus.t-set.1-0",
    }).join(" ");
    expect(args.match(/\[f=\w+:onfail=ignore[^\]]*\]pipe:\d/g)).toEqual([
      "[f=flv:onfail=ignore:flvflags=no_duration_filesize:flush_packets=0]pipe:3",
      "[f=nut:onfail=ignore:flush_packets=0]pipe:4",
    ]);
  });

  test("is to be planned anew for another size where it does not fit any into a box by itself", () => {
    const plan = (profile: string, targetUrl: string, media = aMedia()) =>
      planLive(
        { assignments: assigned(profile, 1), targets: targetsAt(targetUrl) },
        media,
        aCapabilities(),
      );
    const copied = plan("video_flv_transmux", "out.flv");
    expect(copied).toMatchObject({ isSized: true, watched: { video: "0:0" } });
    expect(watchedInputArgs(copied).join(" ")).toBe("-skip_frame:v nokey -threads:v 1");
    expect(watchingArgs(copied).join(" ")).toBe("-map 0:0 -c:v wrapped_avframe -f null -");
    expect(plan("video_flv_transmux", "rtmp://a/live/x").isSized).toBe(false);
    const boxed = plan("video_mp4_640x360_520kbps", "out.mp4");
    expect(boxed.isSized).toBe(false);
    expect(watchingArgs(boxed)).toEqual([]);
    const wide = aMediaWithVideo({ sampleAspect: { num: 4, den: 3 } });
    expect(plan("video_mp4_640x360_520kbps", "rtmp://a/live/x", wide).isSized).toBe(true);
  });

  test("has what is copied from MPEG-TS decoded as well, as its codec may be another from now on", () => {
    const watching = (profile: string, targetUrl: string, format = "mpegts") =>
      watchingArgs(
        planLive(
          { assignments: assigned(profile, 1), targets: targetsAt(targetUrl) },
          { ...aMedia(), format },
          aCapabilities(),
        ),
      ).join(" ");
    const both = "-map 0:0 -c:v wrapped_avframe -f null - -map 0:1 -c:a pcm_s16le -f null -";
    expect(watching("video_mpegts_transmux", "srt://a:1")).toBe(both);
    expect(watching("video_flv_transmux", "rtmp://a/live/x", "live_flv")).toBe("");
    expect(watching("video_mp4_640x360_520kbps", "rtmp://a/live/x")).toBe("");
  });

  test("takes the streams of FLV by their kind, whose numbers are others in each connection", () => {
    const media = { ...aMedia(), format: "live_flv" };
    const maps = (args: readonly string[]) => args.join(" ").match(/-map \S+/g);
    const targets = ["rtmp://a/live/x", "out.mp4"];
    expect(maps(outputOf("video_mp4_640x360_520kbps", targets, media))).toEqual([
      "-map 0:v:0",
      "-map 0:a:0",
    ]);
    const [assignment] = assigned("video_flv_transmux", 1);
    const assignments = assignment ? [assignment] : [];
    const copied = planLive({ assignments, targets: targetsAt("out.flv") }, media, aCapabilities());
    expect(maps(watchingArgs(copied))).toEqual(["-map 0:v:0"]);
    const profile = systemProfile("video_hls_adaptive");
    const ladder = profile ? assignRenditions(profile, [undefined]) : [];
    const set = planLive(
      { assignments: ladder, targets: targetsAt("a.m3u8") },
      media,
      aCapabilities(),
    );
    expect(liveGraphArgs(set).at(-1)).toStartWith("[0:v:0]");
  });

  test("encodes a copy that would show what an edit list hides, and warns of it", () => {
    const hidden = { headSeconds: 2, laterSeconds: 0 };
    const media = aMedia({
      video: aVideoStream({ hidden }),
      audio: anAudioStream({ hidden }),
    });
    const request = {
      assignments: assigned("video_flv_transmux", 1),
      targets: targetsAt("rtmp://a/live/x"),
    };
    const { outputs, warnings, isSized } = planLive(request, media, aCapabilities());
    expect(outputs[0]?.video.action).toBe("encode");
    expect(outputs[0]?.streams.map(({ codec }) => codec)).toEqual(["libx264", "aac"]);
    expect(isSized).toBe(true);
    expect(warnings.map(({ code }) => code)).toEqual(["hidden_media", "hidden_media"]);
    expect(() => planLive(request, media, aCapabilities({ encoders: ["aac"] }))).toThrow(
      "which a copy would bring back, and the engine has no encoder libx264",
    );
  });

  test("refuses a copy that the protocol does not carry", () => {
    const media = aMediaWithVideo({ codec: "vp9" });
    expect(() => outputOf("video_flv_transmux", ["rtmp://a/live/x"], media)).toThrow('into "flv"');
    expect(() => outputOf("video_flv_transmux", ["rtsp://a/x"], media)).toThrow("vp9 by RTSP");
  });
});

describe("refuseImpossibleLive", () => {
  const refusing = (video: Parameters<typeof aVideo>[0], url: string) => () =>
    refuseImpossibleLive(
      { rendition: aRendition({ video: aVideo(video) }), targets: [0] },
      targetsAt(url),
      aCapabilities(),
    );

  test.each([
    [{ codec: "h265" } as const, "rtmp://a/live/x", 'Cannot put h265 into "flv"'],
    [{ codec: "vp9" } as const, "srt://a:1", 'Cannot put vp9 into "mpegts"'],
    [{ codec: "av1" } as const, "rtsp://a/x", "Cannot send av1 by RTSP"],
    [{ rateMode: "2passvbr" } as const, "rtmp://a/live/x", "a live stream comes but once"],
  ])("refuses %j for %s", (video, url, why) => {
    expect(refusing(video, url)).toThrow(why);
  });

  test("sends a quality below a ceiling alone", () => {
    const quality = { rateMode: "quality", quality: 70 } as const;
    expect(refusing(quality, "rtmp://a/live/x")).not.toThrow();
    const { bitrateBps: _, ...uncapped } = aVideo(quality);
    const refuse = () =>
      refuseImpossibleLive(
        { rendition: aRendition({ video: uncapped }), targets: [0] },
        targetsAt("rtmp://a/live/x"),
        aCapabilities(),
      );
    expect(refuse).toThrow("Cannot send a quality without a ceiling to a live target");
  });

  test("takes for its protocol what another container would not hold", () => {
    expect(refusing({ codec: "h265" }, "srt://a:1")).not.toThrow();
    expect(refusing({ codec: "h264" }, "rtmp://a/live/x")).not.toThrow();
  });
});
