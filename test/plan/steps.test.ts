import { describe, expect, test } from "bun:test";
import { aCustomVideo, aMediaWithVideo, aVideo } from "./builders.ts";
import { AAC, argsOf, COPY, MAPPED, planOf, X264_720 } from "./planned.ts";

describe("stepsOf in two passes", () => {
  const twoPass = (codec: "h264" | "h265" | "vp9" | "mpeg2") =>
    aCustomVideo({ codec, rateMode: "2passvbr", bitrateBps: 1_000_000 });

  test("runs a first pass that writes statistics alone, then the encode", () => {
    const made = planOf([{ video: twoPass("h264") }]);
    const video =
      "-vf setsar=1,fps=30,format=yuv420p -c:v libx264 -preset veryfast -profile:v high -level 4.0 " +
      "-b:v 1000k -maxrate 1500k -bufsize 3000k -g 50 -keyint_min 50 -sc_threshold 0 -bf 0";
    expect(made.steps.map(({ name, writes }) => ({ name, writes }))).toEqual([
      { name: "first pass", writes: ["0/pass-0.log"] },
      { name: "encode", writes: ["0/out.mp4"] },
    ]);
    expect(argsOf(made)).toEqual([
      `-f mov -i input -map 0:0 -an -sn -dn ${video} -pass 1 -passlogfile 0/pass -fps_mode vfr -f null -`,
      `-f mov -i input ${MAPPED} ${video} -pass 2 -passlogfile 0/pass -fps_mode vfr ${AAC} -movflags +faststart -f mp4 0/out.mp4`,
    ]);
  });

  test("tells x265 itself of its pass", () => {
    const made = planOf([{ video: twoPass("h265") }]);
    expect(made.steps[0]?.writes).toEqual(["0/pass.log"]);
    expect(argsOf(made)[0]).toContain(
      "-x265-params log-level=error:scenecut=0:open-gop=0:pass=1:stats=0/pass.log -fps_mode vfr -f null -",
    );
    expect(argsOf(made)[1]).toContain(":pass=2:stats=0/pass.log -fps_mode vfr -tag:v hvc1 ");
  });

  test("gives each such product runs of its own, apart from the others", () => {
    const made = planOf([{}, { video: twoPass("h264") }, { video: twoPass("vp9") }, {}]);
    expect(made.steps.map(({ name, writes }) => [name, ...writes])).toEqual([
      ["first pass", "1/pass-0.log"],
      ["encode", "1/out.mp4"],
      ["first pass", "2/pass-0.log"],
      ["encode", "2/out.mp4"],
      ["encode", "0/out.mp4", "3/out.mp4"],
    ]);
  });

  test("needs no passes where the source can be copied", () => {
    const media = aMediaWithVideo({ bitrateBps: 900_000 });
    expect(planOf([{ video: twoPass("h264") }], media).steps.map(({ name }) => name)).toEqual([
      "encode",
    ]);
  });
});

describe("stepsOf a set", () => {
  test("writes an MPEG-TS set whose segments carry the tag", () => {
    const made = planOf([{ container: "m3u8" }]);
    // Players of segments expect all streams to begin together.
    const video = X264_720.replace("-fps_mode vfr", "-fps_mode cfr");
    expect(argsOf(made)).toEqual([
      `-f mov -i input ${MAPPED} ${video} ${AAC} -f hls -hls_time 6 -hls_playlist_type vod ` +
        "-hls_segment_type mpegts -hls_flags independent_segments -hls_base_url segments/ " +
        "-hls_segment_filename 0/segments/t1-%05d.ts 0/out.m3u8",
    ]);
    expect(made.products[0]).toMatchObject({ entry: "0/out.m3u8", segments: "0/segments" });
    expect(made.steps[0]?.writes).toEqual(["0/out.m3u8", "0/segments/t1-%05d.ts"]);
  });

  test.each(["h265", "av1"] as const)("writes a set of %s in segments of mp4", (codec) => {
    const made = planOf([{ container: "m3u8", video: aVideo({ codec }) }]);
    expect(argsOf(made)[0]).toEndWith(
      "-hls_segment_type fmp4 -hls_fmp4_init_filename segments/t1-init.mp4 -hls_flags independent_segments " +
        "-hls_base_url segments/ -hls_segment_filename 0/segments/t1-%05d.m4s 0/out.m3u8",
    );
    expect(made.steps[0]?.writes).toEqual([
      "0/out.m3u8",
      "0/segments/t1-%05d.m4s",
      "0/segments/t1-init.mp4",
    ]);
  });

  test("does not promise independent segments of a copy", () => {
    expect(argsOf(planOf([{ ...COPY, container: "m3u8" }]))[0]).not.toContain("independent");
  });
});
