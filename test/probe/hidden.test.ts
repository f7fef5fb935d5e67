import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";

const MP4 = "mov,mp4,m4a,3gp,3g2,mj2";

/** 4 s of pictures at 25 a second and sound at 48 kHz, as ffprobe tells them. */
function probed(packets: readonly object[], frames = [100, 189], format = MP4, base = "25/1") {
  return parseProbe({
    packets,
    streams: [
      {
        ...{ index: 0, codec_type: "video", codec_name: "h264", width: 160, height: 120 },
        ...{ avg_frame_rate: "25/1", r_frame_rate: base, start_time: "0.0", duration: "4.0" },
        nb_frames: String(frames[0]),
      },
      {
        ...{ index: 1, codec_type: "audio", codec_name: "aac", profile: "LC", channels: 1 },
        ...{ sample_rate: "48000", start_time: "0.0", duration: "4.0" },
        nb_frames: String(frames[1]),
      },
    ],
    format: { format_name: format, duration: "4.0", start_time: "0.0" },
  });
}

const picture = (pts: number, flags: string) => ({
  ...{ stream_index: 0, pts_time: String(pts), flags },
});
const sound = (skipped: number) => ({
  ...{ stream_index: 1, pts_time: String(-skipped / 48_000), flags: "KD_" },
  side_data_list: [{ side_data_type: "Skip Samples", skip_samples: skipped }],
});

describe("hiddenOf", () => {
  test("finds nothing in a file that begins with what decoders swallow", () => {
    const { video, audio } = probed([picture(0, "K__"), sound(1024)]);
    expect([video?.hidden, audio?.hidden]).toEqual([undefined, undefined]);
  });

  test("finds a hidden beginning by the packets that are marked, and by skipped sound", () => {
    const packets = [picture(-0.92, "KD_"), picture(-0.8, "_D_"), sound(45_184)];
    const { video, audio } = probed(packets, [123, 233]);
    expect(video?.hidden).toEqual({ headSeconds: 0.92, laterSeconds: 0 });
    expect(audio?.hidden).toEqual({ headSeconds: 45_184 / 48_000, laterSeconds: 0 });
  });

  test("finds what is hidden later by how much more media there is than time", () => {
    const { video, audio } = probed([picture(0, "K__"), sound(1024)], [150, 283]);
    expect(video?.hidden?.laterSeconds).toBeCloseTo(2);
    expect(audio?.hidden?.laterSeconds).toBeCloseTo(2.037);
  });

  test("leaves it to the packets where pictures come unevenly", () => {
    const { video } = probed([picture(0, "K__")], [110, 189], MP4, "100/1");
    expect(video?.hidden).toBeUndefined();
  });

  test("takes no other format for one with edit lists", () => {
    const { video } = probed([picture(-0.92, "KD_")], [150, 283], "matroska,webm");
    expect(video?.hidden).toBeUndefined();
  });
});
