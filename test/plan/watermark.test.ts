import { describe, expect, test } from "bun:test";
import { refuseImpossibleAssignment } from "../../src/plan/feasible/set-feasible.ts";
import { type FurtherFile, furtherFault, furtherInputsOf } from "../../src/plan/further.ts";
import { refuseImpossibleLive } from "../../src/plan/live/live-feasible.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { Watermark } from "../../src/profile/fields/watermark.ts";
import type { Assignment, VideoEncode } from "../../src/profile/profile.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  aRendition,
  aVideoStream,
  targetsAt,
} from "./builders.ts";
import { aDevice } from "./hardware/devices.ts";

const image = (url: string, at: number, width = 400, height = 200): FurtherFile => ({
  ...{ kind: "picture", name: "the watermark", url, file: `side-${at}` },
  media: { format: "png_pipe", streams: [], video: aVideoStream({ width, height }) },
});
const of = (changes: Partial<Watermark> = {}): Watermark => ({
  ...{ imageUrl: "logo.png", place: "top_right", width: 0.15, margin: 0.02, opacity: 1 },
  ...changes,
});
const assigned = (watermark: Watermark, more: Partial<VideoEncode> = {}): Assignment => ({
  rendition: aRendition({ video: aCustomVideo({ watermark, ...more }), audio: "none" }),
  targets: [0],
});

const planned = (
  assignments: readonly Assignment[],
  further = [image("logo.png", 0)],
  capabilities = aCapabilities(),
) => planTask({ assignments, tag: "t1", further }, aMedia(), capabilities);

/** Where a watermark lies: its size, and the place of its upper left corner. */
function areaOf(watermark: Watermark, size: Partial<VideoEncode>, picture = image("logo.png", 0)) {
  const [step] = planned([assigned(watermark, size)], [picture]).steps;
  const graph = step?.args.join(" ") ?? "";
  const [, scale] = /premultiply=inplace=1,scale=([\d:]+)/.exec(graph) ?? [];
  const [, place] = /overlay=(\d+:\d+)/.exec(graph) ?? [];
  return [scale, place];
}

describe("a watermark", () => {
  test("is read beside the source, and laid over the finished picture", () => {
    const plan = planned([assigned(of({ opacity: 0.5 }), { width: 640, height: 360 })]);
    expect(plan.products[0]?.video.why).toBe("the profile lays a watermark over the picture");
    const args = plan.steps[0]?.args ?? [];
    expect(args.slice(args.indexOf("input") + 1, args.indexOf("-map"))).toEqual([
      ...["-protocol_whitelist", "file", "-format_whitelist", "png_pipe", "-f", "png_pipe"],
      ...["-i", "side-0", "-filter_complex"],
      "[0:0]scale=640:360:force_original_aspect_ratio=decrease:force_divisible_by=2," +
        "pad=640:360:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=30,format=yuv420p[v0p];" +
        "[1:0]format=gbrap16le,premultiply=inplace=1,scale=96:48,setsar=1,unpremultiply=inplace=1," +
        "colorchannelmixer=aa=0.5,scale=out_color_matrix=bt601:out_range=tv,format=yuva420p,setpts=PTS-1000/TB[v0w];" +
        "[v0p][v0w]overlay=532:12:format=yuv420[v0]",
    ]);
    expect(args[args.indexOf("-map") + 1]).toBe("[v0]");
  });

  test.each([
    ["vaapi", ",format=nv12,hwupload"],
    ["qsv", ",format=nv12,hwupload=extra_hw_frames=64"],
    ["nvenc", ""],
  ] as const)("is drawn before frames go up to the device of %s", (family, upload) => {
    const capabilities = aCapabilities({ hardware: aDevice(family) });
    const size = { width: 640, height: 360 };
    const [step] = planned([assigned(of(), size)], undefined, capabilities).steps;
    const graph = step?.args.join(" ") ?? "";
    expect(graph).toContain("setsar=1,fps=30,format=yuv420p[v0p]");
    expect(graph).toContain(`[v0p][v0w]overlay=532:12:format=yuv420${upload}[v0] `);
    expect(step?.hardware?.sessions).toBe(1);
  });

  test.each([
    ["top_left", "12:12"],
    ["top", "272:12"],
    ["top_right", "532:12"],
    ["left", "12:156"],
    ["center", "272:156"],
    ["right", "532:156"],
    ["bottom_left", "12:300"],
    ["bottom", "272:300"],
    ["bottom_right", "532:300"],
  ] as const)("at %s lies at %s", (place, corner) => {
    expect(areaOf(of({ place }), { width: 640, height: 360 })).toEqual(["96:48", corner]);
  });

  test.each([
    // As wide as it is asked to be in each size; in one that is upright, too.
    [{ width: 0.5, margin: 0 }, { width: 320, height: 180 }, [400, 200], ["160:80", "160:0"]],
    [{ width: 0.5, margin: 0 }, { width: 180, height: 320 }, [400, 200], ["90:46", "90:0"]],
    // No taller than what is left between the margins.
    [{ width: 0.5, margin: 0.1 }, { width: 320, height: 180 }, [100, 400], ["28:116", "260:32"]],
    // All of the width, without what the margins take of it.
    [{ width: 1, margin: 0.1 }, { width: 320, height: 180 }, [400, 100], ["256:64", "32:32"]],
    // Something is always to be seen.
    [{ width: 0.01, margin: 0 }, { width: 64, height: 64 }, [4_000, 20], ["2:2", "62:0"]],
    [{ width: 1, margin: 0.4 }, { width: 320, height: 64 }, [400, 100], ["8:2", "184:62"]],
  ] as const)("of %j in %j is its own in its shape, %j", (asked, size, [width, height], area) => {
    expect(areaOf(of(asked), size, image("logo.png", 0, width, height))).toEqual([...area]);
  });

  test("has the colours that players take the picture for", () => {
    const colours = (height: number, color: object) => {
      const media = aMedia({ video: aVideoStream({ color }) });
      const request = { assignments: [assigned(of(), { height })], tag: "t1" };
      const plan = planTask(
        { ...request, further: [image("logo.png", 0)] },
        media,
        aCapabilities(),
      );
      return /out_color_matrix=(\w+)/.exec(plan.steps[0]?.args.join(" ") ?? "")?.[1];
    };
    expect([colours(360, {}), colours(720, {})]).toEqual(["bt601", "bt709"]);
    expect([colours(360, { space: "bt709" }), colours(720, { space: "smpte170m" })]).toEqual([
      "bt709",
      "bt601",
    ]);
    expect(colours(720, { space: "gbr" })).toBe("bt601");
  });

  test("has the colours of pictures for pages, one or several that move, whatever its source's are", () => {
    const media = aMedia({ video: aVideoStream({ color: { space: "bt709" } }) });
    const capabilities = aCapabilities({
      encoders: ["libwebp", "libwebp_anim"],
      muxers: ["image2", "webp"],
    });
    for (const codec of ["webp", "awebp"] as const) {
      const { rendition, targets } = assigned(of(), { codec, width: 320 });
      const assignments = [{ rendition: { ...rendition, container: codec }, targets }];
      const request = { assignments, tag: "t1", further: [image("logo.png", 0)] };
      const clip = { startSeconds: 0, durationSeconds: 2 };
      const plan = planTask({ ...request, clip }, media, capabilities);
      const graph = plan.steps[0]?.args.join(" ") ?? "";
      // Of the picture, and of what is laid over it.
      expect([...(graph.match(/out_color_matrix=\w+/g) ?? [])]).toEqual(
        Array(2).fill("out_color_matrix=bt601"),
      );
    }
  });

  test("is drawn once for each size of a set, and each image is read once", () => {
    const rung = (height: number, imageUrl: string) =>
      aRendition({
        container: "cmaf",
        video: aCustomVideo({ height, watermark: of({ imageUrl }) }),
      });
    const rungs = [rung(720, "b.png"), rung(360, "a.png"), rung(180, "b.png")];
    const [rendition = aRendition()] = rungs;
    const assignments = [{ rendition, targets: [0], set: { renditions: rungs, isLadder: false } }];
    const inputs = furtherInputsOf({ assignments });
    expect(inputs.map(({ url, path }) => [url, path])).toEqual([
      ["b.png", "profile_name"],
      ["a.png", "profile_name"],
    ]);
    const plan = planned(
      assignments,
      inputs.map(({ url }, at) => image(url, at)),
    );
    const graph = plan.steps[0]?.args.join(" ") ?? "";
    const drawn = [...graph.matchAll(/\[(\d:\d)\]format=gbrap16le.*?scale=(\d+)/g)];
    expect(drawn.map(([, input, width]) => [input, width])).toEqual([
      ["1:0", "192"],
      ["2:0", "96"],
      ["1:0", "48"],
    ]);
  });

  test("keeps an encode whole, and all outputs of its run in one graph", () => {
    const wasm = aCapabilities({ engine: "wasm", slices: 2 });
    const further = [image("logo.png", 0)];
    const plain = { rendition: aRendition({ video: aCustomVideo() }), targets: [1] };
    const request = { assignments: [assigned(of())], tag: "t1", further };
    expect(planTask(request, aMedia(), wasm).steps[0]?.whole).toBe("it reads more than its source");
    const [step] = planned([assigned(of()), plain]).steps;
    expect(step?.args).not.toContain("-vf");
    expect(step?.args.filter((arg) => arg === "-filter_complex")).toHaveLength(1);
    expect(step?.load?.memoryBytes).toBeGreaterThan(400 * 200 * 8);
  });

  test("names the field of the profile that it is of", () => {
    const targets = [{}, { profileName: "own" }];
    const inputs = furtherInputsOf({
      assignments: [
        { ...assigned(of({ imageUrl: "a.png" })), targets: [0] },
        { ...assigned(of({ imageUrl: "b.png" })), targets: [1] },
      ],
      targets,
    });
    expect(inputs.map(({ path }) => path)).toEqual(["profile_name", "targets[1].profile_name"]);
  });

  test("is one of 32 different ones at most", () => {
    const [one] = furtherInputsOf({ assignments: [assigned(of())] });
    expect(furtherFault(Array(32).fill(one))).toBeUndefined();
    expect(furtherFault(Array(33).fill(one))).toBe("its profiles have 33 watermarks, more than 32");
  });

  test("is refused for live streams, and where a filter is missing", () => {
    const assignment = assigned(of());
    const targets = targetsAt("rtmp://a/live/x");
    expect(() => refuseImpossibleLive(assignment, targets, aCapabilities())).toThrow(
      "Cannot draw a watermark on a live stream: it is read with files alone",
    );
    const filters = aCapabilities().filters.filter((name) => name !== "overlay");
    expect(() => refuseImpossibleAssignment(assignment, aCapabilities({ filters }))).toThrow(
      "Cannot draw the watermark: the engine has no filter overlay",
    );
  });
});
