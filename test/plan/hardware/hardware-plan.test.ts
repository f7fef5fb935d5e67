import { describe, expect, test } from "bun:test";
import { HARDWARE_FAMILIES, type HardwareFamily } from "../../../src/plan/device/hardware.ts";
import { forecast } from "../../../src/plan/forecast.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  aMediaWithVideo,
  anAudio,
  aRendition,
  aVideo,
} from "../builders.ts";
import { AAC, argsOf, BOX, MAPPED, planOf, X264_720 } from "../planned.ts";
import { aDevice, planOn, withDevice } from "./devices.ts";

/** What an output has in place of X264_720: its filters up to the last, and how its pictures are timed. */
const made = (format: string, encoder: string) =>
  `-f mov -i input ${MAPPED} -vf ${BOX("1280:720")},fps=30,${format} -c:v ${encoder} -fps_mode vfr ${AAC} -movflags +faststart -f mp4 0/out.mp4`;

const LIMITS = "-b:v 1600k -maxrate 1600k -bufsize 3200k -g 60";
const H264: Readonly<Record<HardwareFamily, string>> = {
  nvenc: made(
    "format=yuv420p",
    `h264_nvenc -preset p4 -profile:v high -level 3.1 -rc cbr ${LIMITS} -no-scenecut 1 -flags +cgop`,
  ),
  qsv: `-init_hw_device qsv=device:hw,child_device=/dev/dri/renderD128 -filter_hw_device device ${made(
    "format=nv12,hwupload=extra_hw_frames=64",
    `h264_qsv -preset medium -profile:v high ${LIMITS} -flags +cgop`,
  )}`,
  vaapi: `-init_hw_device vaapi=device:/dev/dri/renderD128 -filter_hw_device device ${made(
    "format=nv12,hwupload",
    `h264_vaapi -profile:v high -level 3.1 ${LIMITS} -flags +cgop`,
  )}`,
  videotoolbox: made("format=yuv420p", `h264_videotoolbox -profile:v high ${LIMITS} -flags +cgop`),
  amf: made(
    "format=yuv420p",
    `h264_amf -quality balanced -profile:v high -level 3.1 -rc cbr -enforce_hrd 1 ${LIMITS} -flags +cgop`,
  ),
};

/** The options of the encoder of one video. */
function optionsOf(family: HardwareFamily, video: Partial<VideoEncode>): string {
  const [args = ""] = argsOf(planOn(aDevice(family), [{ video: aVideo(video), audio: "none" }]));
  return args.replace(/^.* -c:v /, "").replace(/ -fps_mode.*$/, "");
}

describe("planTask on a device", () => {
  test.each(HARDWARE_FAMILIES)("encodes video_mp4_1280x720_1728kbps by %s", (family) => {
    const [step] = planOn(aDevice(family), [{}]).steps;
    expect(step?.args.join(" ")).toBe(H264[family]);
    const software = planOf([{}]).steps[0];
    expect(step).toEqual({
      ...software,
      args: step?.args,
      hardware: { family, sessions: 1, software: software?.args },
    } as typeof step);
    expect(software?.args.join(" ")).toContain(X264_720);
  });

  test("is as before where there is none", () => {
    const { hardware: _, ...none } = aCapabilities({ hardware: aDevice("nvenc") });
    const request = { assignments: [{ rendition: aRendition(), targets: [0] }], tag: "t1" };
    expect(planTask(request, aMedia(), none)).toEqual(planOf([{}]));
  });

  test("tells who encodes, in the plan and in what is told of it", () => {
    const plan = planOn(aDevice("nvenc"), [{}]);
    const why = "size 1920x1080 is not 1280x720, by h264_nvenc";
    expect(plan.products[0]?.video).toEqual({ action: "encode", why });
    const told = forecast(plan, aMedia(), aCapabilities());
    expect(told.outputs[0]?.video.why).toBe(why);
    expect(told.steps[0]?.args).toContain("h264_nvenc");
  });

  test.each([
    ["nvenc", "hevc_nvenc -preset p4 -profile:v main -rc cbr"],
    ["qsv", "hevc_qsv -preset medium -profile:v main -b:v"],
    ["vaapi", "hevc_vaapi -profile:v main -b:v"],
    ["videotoolbox", "hevc_videotoolbox -profile:v main -b:v"],
    ["amf", "hevc_amf -quality balanced -profile:v main -rc cbr"],
  ] as const)("encodes h265 by %s", (family, options) => {
    expect(optionsOf(family, { codec: "h265" })).toStartWith(options);
  });

  test("encodes av1 without a profile and B-frames, which it has otherwise", () => {
    expect(optionsOf("nvenc", { codec: "av1", bFrames: 2 })).toBe(
      `av1_nvenc -preset p4 -rc cbr ${LIMITS} -no-scenecut 1 -flags +cgop`,
    );
  });

  test.each([
    ["nvenc", "-rc vbr"],
    ["amf", "-rc vbr_peak"],
  ] as const)("has a variable bitrate by %s", (family, option) => {
    const options = optionsOf(family, { rateMode: "vbr" });
    expect(options).toContain(option);
    expect(options).toContain("-b:v 1600k -maxrate 2400k -bufsize 4800k");
  });

  test.each([
    ["nvenc", "highQuality", "-preset p6"],
    ["nvenc", "highPerformance", "-preset p2"],
    ["qsv", "highQuality", "-preset slower"],
    ["qsv", "highPerformance", "-preset veryfast"],
    ["amf", "highQuality", "-quality quality"],
    ["amf", "highPerformance", "-quality speed"],
  ] as const)("lets %s take the time of %s", (family, effort, option) => {
    expect(optionsOf(family, { effort })).toContain(option);
  });

  test.each([
    ["nvenc", "-tune ll -zerolatency 1 -delay 0"],
    ["qsv", "-async_depth 1"],
    ["vaapi", "-async_depth 1"],
    ["videotoolbox", "-realtime 1"],
    ["amf", "-usage lowlatency"],
  ] as const)("has %s give frames out as they come", (family, option) => {
    const options = optionsOf(family, { lowLatency: true });
    expect(options).toContain(option);
    expect(options).toContain(" -bf 0 ");
    expect(optionsOf(family, {})).not.toContain("-bf");
  });

  test("gives vaapi a level without its zero, which it would read as another", () => {
    expect(optionsOf("vaapi", { width: 1920, height: 1080 })).toMatch(/-level 4 /);
  });

  test("takes as many B-frames as a device makes", () => {
    const video = (bFrames: number) =>
      ({ video: aCustomVideo({ bFrames }), audio: "none" }) as const;
    expect(argsOf(planOn(aDevice("nvenc"), [video(2)]))[0]).toContain("-bf 2");
    expect(argsOf(planOn(aDevice("nvenc"), [video(16)]))[0]).toContain("-bf 3");
    const none = aDevice("nvenc", { hasBFrames: false });
    expect(argsOf(planOn(none, [video(2)]))[0]).toContain("-bf 0");
  });

  test("names the device of several", () => {
    const second = aDevice("vaapi", { device: "/dev/dri/renderD129" });
    expect(argsOf(planOn(second, [{}]))[0]).toContain("vaapi=device:/dev/dri/renderD129");
    expect(argsOf(planOn(aDevice("nvenc", { device: "1" }), [{}]))[0]).toContain(
      "-c:v h264_nvenc -gpu 1 ",
    );
  });

  test("counts a session for each stream of a run, and none for what is copied", () => {
    const set = assignRenditions(
      {
        name: "mine",
        description: "",
        renditions: [360, 240].map((height) => ({
          container: "m3u8" as const,
          video: aCustomVideo({ height, framerate: { num: 25, den: 1 } }),
          audio: anAudio(),
        })),
      },
      [undefined],
    );
    const capabilities = aCapabilities({ hardware: aDevice("vaapi") });
    const [step] = planTask({ assignments: set, tag: "t1" }, aMedia(), capabilities).steps;
    expect(step?.hardware?.sessions).toBe(2);
    const args = step?.args.join(" ");
    expect(args).toContain("format=nv12,hwupload[set0v1]");
    expect(args).toContain("-c:v:1 h264_vaapi");
    const steps = planOn(aDevice("nvenc"), [{}, { video: "copy", audio: "copy" }]).steps;
    expect(steps.map(({ name, hardware }) => [name, hardware?.sessions])).toEqual([
      ["copy", undefined],
      ["encode", 1],
    ]);
  });
});

test.each(HARDWARE_FAMILIES)("a picture made by %s is measured as one of software is", (family) => {
  const video = aVideo({ measuresQuality: true });
  const { steps, measuring } = planOn(aDevice(family), [{ video }]);
  expect(steps[0]?.hardware).toBeDefined();
  const { filters } = withDevice(aDevice(family));
  const assignments = [{ rendition: aRendition({ video }), targets: [0] }];
  const software = planTask({ assignments, tag: "t1" }, aMedia(), aCapabilities({ filters }));
  expect(software.measuring?.outputs).toHaveLength(1);
  expect(measuring).toEqual(software.measuring as typeof measuring);
});

test("captions are told to be lost by the encoders of amf, which write none", () => {
  const media = aMediaWithVideo({ hasCaptions: true });
  const codes = (family: HardwareFamily) =>
    planOn(aDevice(family), [{}], media).warnings.map(({ code }) => code);
  expect(codes("amf")).toEqual(["captions_dropped"]);
  expect(codes("nvenc")).toEqual([]);
});
