import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";

const MP4 = "mov,mp4,m4a,3gp,3g2,mj2";

/** 4 s of pictures at 25 a second and sound at 48 kHz, as ffprobe tells them. */
function probed(
  packets: readonly object[],
  frames = [100, 189],
  { format = MP4, base = "25/1", average = "25/1", seconds = "4.0", sounding = {} } = {},
) {
  return parseProbe({
    packets,
    streams: [
      {
        ...{ index: 0, codec_type: "video", codec_name: "h264", width: 160, height: 120 },
        ...{ avg_frame_rate: average, r_frame_rate: base, start_time: "0.0", duration: seconds },
        nb_frames: String(frames[0]),
      },
      {
        ...{ index: 1, codec_type: "audio", codec_name: "aac", profile: "LC", channels: 1 },
        ...{ sample_rate: "48000", start_time: "0.0", duration: "4.0" },
        nb_frames: String(frames[1]),
        ...sounding,
      },
    ],
    format: { format_name: format, duration: "4.0", start_time: "0.0" },
  });
}

const picture = (pts: number, flags: string) => ({
  ...{ stream_index: 0, pts_time: String(pts), flags },
});
const sound = (skipped: number, length = 1024, rate = 48_000) => ({
  ...{ stream_index: 1, pts_time: String(-skipped / rate), flags: "KD_" },
  duration_time: (length / rate).toFixed(6),
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
    const { video } = probed([picture(0, "K__")], [110, 189], { base: "100/1" });
    expect(video?.hidden).toBeUndefined();
  });

  test.each([
    ["Opus", { codec_name: "opus" }, sound(312, 960), 201],
    ["HE-AAC", { profile: "HE-AAC" }, sound(5186, 2048), 97],
    ["AAC-LD", { profile: "LD" }, sound(512, 512), 376],
    ["slow MP3", { codec_name: "mp3", sample_rate: "22050" }, sound(1105, 576, 22_050), 156],
    ["PCM", { codec_name: "pcm_s16le" }, sound(0, 1024), 192_000],
  ])("counts packets of %s as long as they are", (_, sounding, first, count) => {
    const of = (count: number) => probed([first], [100, count], { sounding }).audio?.hidden;
    expect(of(count)).toBeUndefined();
    expect(of(count * 1.5)?.laterSeconds).toBeCloseTo(2, 0);
  });

  test("finds hidden sound of two hours by whole samples, as times are rounded", () => {
    const sounding = { duration: "7200" };
    const { audio } = probed([sound(1024)], [100, 337_501], { sounding });
    expect(audio?.hidden).toBeUndefined();
  });

  test("leaves it to the packets where sound comes in packets of several lengths", () => {
    const packets = [sound(0, 480), sound(0, 960), sound(0, 480)];
    expect(probed(packets, [100, 400]).audio?.hidden).toBeUndefined();
  });

  test.each([
    ["a rate that is a little above 30", 9000, "90000/2999", 299.9, undefined],
    ["one that is a little below, and a second hidden", 107_994, "2999/100", 3600, 1],
  ])("goes by the average as it is, not rounded: %s", (_, count, average, seconds, hidden) => {
    const options = { average, base: "30/1", seconds: String(seconds) };
    const { video } = probed([picture(0, "K__")], [count, 189], options);
    if (hidden === undefined) expect(video?.hidden).toBeUndefined();
    else expect(video?.hidden?.laterSeconds).toBeCloseTo(hidden, 1);
  });

  test("takes what is hidden for the beginning where the first packets are all of the other stream", () => {
    const { video } = probed([sound(1024)], [123, 189]);
    expect(video?.hidden?.headSeconds).toBeCloseTo(0.92);
    expect(video?.hidden?.laterSeconds).toBe(0);
  });

  test("takes no other format for one with edit lists", () => {
    const { video } = probed([picture(-0.92, "KD_")], [150, 283], { format: "matroska,webm" });
    expect(video?.hidden).toBeUndefined();
  });
});
