import { describe, expect, test } from "bun:test";
import type { Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Profile, Rendition } from "../../src/profile/profile.ts";
import { systemProfile } from "../../src/profile/system-profiles.ts";
import { TaskError } from "../../src/task/errors.ts";
import type { Clip } from "../../src/task/task.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  aMediaWithVideo,
  anAudio,
  anAudioStream,
  aVideoStream,
} from "./builders.ts";

const qlty = (fields: Partial<Rendition> = {}): Rendition => ({
  container: "m3u8",
  video: aCustomVideo({ height: 360, framerate: { num: 25, den: 1 } }),
  audio: anAudio({ bitrateBps: 64_000 }),
  ...fields,
});
const LOW = aCustomVideo({ height: 180, bitrateBps: 200_000, framerate: { num: 25, den: 1 } });

const profile = (renditions: readonly Rendition[], more: Partial<Profile> = {}): Profile => ({
  ...{ name: "mine", description: "", renditions },
  ...more,
});

function planOf(of: Profile | string, media: MediaInfo = aMedia(), clip?: Clip): Plan {
  const known = typeof of === "string" ? systemProfile(of) : of;
  if (!known) throw new Error(`${of} is no profile`);
  const assignments = assignRenditions(known, [undefined]);
  return planTask({ assignments, tag: "t1", ...(clip && { clip }) }, media, aCapabilities());
}

const argsOf = (plan: Plan): readonly string[] => plan.steps.map(({ args }) => args.join(" "));

describe("planTask() of an adaptive set", () => {
  test("decodes once, splits, and scales each size right from the source", () => {
    const media = aMediaWithVideo({ width: 640, height: 360, bitrateBps: 1e6 });
    const [args, ...others] = argsOf(planOf("video_hls_adaptive", media));
    expect(others).toEqual([]);
    expect(args).toBe(
      "-f mov -i input -filter_complex [0:0]fps=30,split=2[set0b0][set0b1];" +
        "[set0b0]setsar=1,format=yuv420p[set0v0];" +
        "[set0b1]scale=426:240,setsar=sar=640/639:max=640,format=yuv420p[set0v1] " +
        "-map [set0v0] -map [set0v1] -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1 " +
        "-c:v:0 libx264 -preset:v:0 veryfast -profile:v:0 high -level:v:0 3.0 " +
        "-b:v:0 424k -maxrate:v:0 424k -bufsize:v:0 848k -g:v:0 60 -keyint_min:v:0 60 -sc_threshold:v:0 0 -fps_mode:v:0 cfr " +
        "-c:v:1 libx264 -preset:v:1 veryfast -profile:v:1 high -level:v:1 2.1 " +
        "-b:v:1 176k -maxrate:v:1 176k -bufsize:v:1 352k -g:v:1 60 -keyint_min:v:1 60 -sc_threshold:v:1 0 -fps_mode:v:1 cfr " +
        "-filter:a:0 aresample=async=1,aformat=channel_layouts=stereo -c:a:0 aac -b:a:0 128k -ar:a:0 48000 " +
        "-f dash -dash_segment_type mp4 -hls_playlist 1 -seg_duration 5.995000 -use_template 1 -use_timeline 1 " +
        "-adaptation_sets id=0,streams=0,1 id=1,streams=2 -init_seg_name init-$RepresentationID$.mp4 " +
        "-media_seg_name chunk-$RepresentationID$-$Number%05d$.m4s 0/segments/manifest.mpd",
    );
  });

  test("tells its streams and which of them belong together", () => {
    const media = aMediaWithVideo({ width: 640, height: 360, bitrateBps: 1e6 });
    const [product] = planOf("video_dash_adaptive", media).products;
    expect(product).toMatchObject({
      container: "dash",
      entry: "0/out.mpd",
      segments: "0/segments",
    });
    expect(product?.set?.renditions).toEqual([
      { video: 0, audio: 2 },
      { video: 1, audio: 2 },
    ]);
    const looks = product?.set?.tracks.map(({ kind, expect: { video, audio } }) => [
      kind,
      video?.width,
      audio?.codec,
    ]);
    expect(looks).toEqual([
      ["video", 640, undefined],
      ["video", 426, undefined],
      ["audio", undefined, "aac"],
    ]);
  });

  test("makes pictures and sounds that are the same once", () => {
    const renditions = [
      qlty(),
      qlty({ video: LOW }),
      qlty({ video: LOW, audio: anAudio({ bitrateBps: 128_000 }) }),
    ];
    const set = planOf(profile(renditions)).products[0]?.set;
    expect(set?.tracks.map(({ kind }) => kind)).toEqual(["video", "video", "audio", "audio"]);
    expect(set?.renditions).toEqual([
      { video: 0, audio: 2 },
      { video: 1, audio: 2 },
      { video: 1, audio: 3 },
    ]);
  });

  test("drops frames before it scales, and deinterlaces once", () => {
    const media = aMediaWithVideo({ framerate: { num: 60, den: 1 }, isInterlaced: true });
    const args = argsOf(planOf("video_hls_adaptive", media))[0] ?? "";
    expect(args).toContain("[0:0]bwdif=mode=send_frame:deint=interlaced,split=5[");
    expect(args).toContain("[set0b0]fps=60,setsar=1,");
    expect(args).toContain("[set0b1]fps=30,scale=1280:720,");
    expect(args.match(/bwdif/g)).toHaveLength(1);
    expect(args).toContain("-g:v:0 120 ");
    expect(args).toContain("-g:v:1 60 ");
  });

  test("makes two passes of all pictures together, each with statistics of its own", () => {
    const twoPass = (encode: typeof LOW) => ({ ...encode, rateMode: "2passvbr" as const });
    const renditions = [
      qlty({ video: twoPass(aCustomVideo({ codec: "h265", framerate: { num: 25, den: 1 } })) }),
      qlty({ video: twoPass(LOW) }),
    ];
    const { steps } = planOf(profile(renditions));
    expect(steps.map(({ name, writes }) => [name, writes])).toEqual([
      ["first pass", ["0/pass0.log", "0/pass1-1.log"]],
      ["encode", ["0/segments/manifest.mpd"]],
    ]);
    expect(steps[0]?.args.join(" ")).toContain(
      "-pass:v:1 1 -passlogfile:v:1 0/pass1 -fps_mode:v:1 cfr -f null -",
    );
    expect(steps[1]?.args.join(" ")).toContain("-pass:v:1 2 -passlogfile:v:1 0/pass1 ");
    expect(steps[1]?.args.join(" ")).toContain("-adaptation_sets id=0,streams=0 id=1,streams=1 ");
  });

  test("keeps statistics of those pictures alone that are made in two passes", () => {
    const renditions = [qlty({ video: { ...LOW, rateMode: "2passvbr" } }), qlty()];
    const [first] = planOf(profile(renditions)).steps;
    expect(first?.writes).toEqual(["0/pass0-0.log"]);
    expect(first?.args.join(" ").match(/-passlogfile\S* \S+/g)).toEqual([
      "-passlogfile:v:0 0/pass0",
    ]);
  });

  test("calls HEVC as Apple's players want it, encoded or copied", () => {
    const hevc = aMediaWithVideo({ codec: "hevc" });
    expect(argsOf(planOf("video_dash_transmux", hevc))[0]).toContain("-c:v:0 copy -tag:v:0 hvc1 ");
    expect(argsOf(planOf("video_dash_h265_640x360_520kbps"))[0]).toContain(" -tag:v:0 hvc1 ");
  });

  test("makes sheets of an HDR source in a standard range, also where its streams are copied", () => {
    const thumbnails = { intervalSeconds: 10, width: 160 };
    const media = aMediaWithVideo({ color: { transfer: "smpte2084" } });
    const copied = { ...qlty(), video: "copy", audio: "copy" } as const;
    const args = argsOf(planOf(profile([copied], { thumbnails }), media))[0] ?? "";
    expect(args).toContain("scale=160:90,setparams=");
    expect(args).toContain(",sidedata=mode=delete,setsar=1,tile=");
    const assignments = assignRenditions(profile([copied], { thumbnails }), [undefined]);
    const lacking = () =>
      planTask({ assignments, tag: "t" }, media, aCapabilities({ filters: [] }));
    expect(lacking).toThrow("the engine has no filter zscale");
  });

  test("makes sheets of small pictures in the same run, cut with it", () => {
    const thumbnails = { intervalSeconds: 10, width: 160 };
    const clip = { startSeconds: 5, durationSeconds: 35 };
    const plan = planOf(profile([qlty()], { thumbnails }), aMedia(), clip);
    expect(plan.steps).toHaveLength(1);
    const args = argsOf(plan)[0] ?? "";
    expect(args).toStartWith("-f mov -ss 5 -i input -filter_complex [0:0]split=2[set0b0][set0b1];");
    expect(args).toContain(
      "[set0b1]trim=start=0:duration=35,setpts=PTS-STARTPTS,select=gte(t\\,selected_n*10),scale=160:90,setsar=1,tile=4x1,scale=out_color_matrix=bt601:out_range=full,format=yuvj420p[set0sheet]",
    );
    expect(args).toEndWith("-fps_mode:v passthrough -f image2 0/segments/sprite-%05d.jpg");
  });

  test.each([
    ["without sound", { audio: undefined }, ["video"]],
    ["without a picture", { video: undefined }, ["audio"]],
  ] as const)("makes of a source %s what there is", (_what, without, kinds) => {
    const { video, audio, ...rest } = aMedia();
    const media = {
      ...rest,
      ...("audio" in without
        ? { video: video ?? aVideoStream() }
        : { audio: audio ?? anAudioStream() }),
    };
    const tracks = planOf(profile([qlty(), qlty({ video: LOW })]), media).products[0]?.set?.tracks;
    expect([...new Set(tracks?.map(({ kind }) => kind))]).toEqual([...kinds]);
  });

  test.each([
    ["a copied picture beside another", [qlty({ video: "copy" }), qlty()]],
    [
      "rates that never meet",
      [qlty(), qlty({ video: { ...LOW, framerate: { num: 30_000, den: 1001 } } })],
    ],
    ["a codec that its container does not hold", [qlty({ video: { ...LOW, codec: "vp9" } })]],
  ])("refuses %s", (_what, renditions) => {
    const thumbnails = { intervalSeconds: 10, width: 160 };
    const refused = () => planOf(profile(renditions, { thumbnails }));
    expect(refused).toThrow(expect.objectContaining({ code: "output_not_supported" }));
  });

  test.each([
    [{ muxers: ["mp4", "hls"] }, "encoder_missing", "has no muxer dash"],
    [{ streamsOutput: true as const }, "output_not_supported", "there is none here"],
  ])("refuses it on an engine of %j", (fields, code, why) => {
    const [assignment] = assignRenditions(profile([qlty(), qlty({ video: LOW })]), [undefined]);
    const capabilities = aCapabilities(fields);
    const assignments = assignment ? [assignment] : [];
    try {
      planTask({ assignments, tag: "t1" }, aMedia(), capabilities);
    } catch (error) {
      expect(error instanceof TaskError && error.code).toBe(code as "encoder_missing");
      expect(String(error)).toContain(why);
      return;
    }
    throw new Error("nothing was refused");
  });
});

describe("planTask() of a jpg", () => {
  const jpg = "video_jpg_1280x720_1728kbps";

  test.each([
    ["a tenth in", undefined, "mov,mp4", "-noaccurate_seek -ss 6 -i input", "gte(t\\,0)"],
    [
      "at the clip",
      { startSeconds: 2.5 },
      "mov,mp4",
      "-noaccurate_seek -ss 2.5 -i input",
      "gte(t\\,0)",
    ],
    ["at once", { startSeconds: 0 }, "mov,mp4", "-f mov -i input", "gte(t\\,0)"],
    ["read up to it", { startSeconds: 2.5 }, "mpegts", "-f mpegts -i input", "gte(t\\,2.5)"],
  ] as const)("takes the frame %s", (_what, clip, format, seek, select) => {
    const [args] = argsOf(planOf(jpg, aMedia({ format }), clip));
    expect(args).toContain(seek);
    expect(args).toContain(`select=${select}`);
    expect(args).toEndWith("-c:v mjpeg -q:v 2 -frames:v 1 -update 1 -f image2 0/out.jpg");
    expect(args).not.toContain("fps=");
  });

  test("is expected to last no time", () => {
    expect(planOf(jpg).products[0]?.expect).toEqual({
      durationToleranceSeconds: 0,
      video: { codec: "mjpeg", width: 1280, height: 720, sameAsSource: false, durationSeconds: 0 },
    });
  });

  test.each([
    [1728, "2"],
    [1000, "3"],
    [600, "5"],
    [300, "10"],
    [100, "20"],
  ])("is made of %d kbit at the quality %s", (kbps, quality) => {
    expect(argsOf(planOf(`video_jpg_1280x720_${kbps}kbps`))[0]).toContain(`-q:v ${quality} `);
  });
});
