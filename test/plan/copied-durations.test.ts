import { describe, expect, test } from "bun:test";
import { copiedDurations } from "../../src/plan/copied-durations.ts";
import { aMedia, aVideoStream } from "./builders.ts";

const media = (format: string, framerate?: { num: number; den: number }) => {
  const { framerate: _, ...video } = aVideoStream();
  return aMedia({ format, video: { ...video, ...(framerate && { framerate }) } });
};
const NTSC = { num: 30_000, den: 1001 };

describe("copiedDurations", () => {
  test("has pictures of MPEG-TS and Matroska last until the next one where that is counted", () => {
    const option = [
      "-bsf:v",
      "setts=pts=PTS:dts=DTS:duration=if(gt(NEXT_DTS-DTS\\,0)\\,NEXT_DTS-DTS\\,max(DURATION\\,1001/(30000*TB)))",
    ];
    for (const container of ["mp4", "mov", "m3u8"] as const)
      for (const format of ["mpegts", "matroska,webm"])
        expect(copiedDurations(media(format, NTSC), container)).toEqual(option);
  });

  test("leaves all others as they are", () => {
    expect(copiedDurations(media("mov,mp4,m4a,3gp,3g2,mj2", NTSC), "mp4")).toEqual([]);
    expect(copiedDurations(media("mpegts", NTSC), "mkv")).toEqual([]);
    expect(copiedDurations(media("mpegts"), "mp4")).toEqual([]);
    expect(copiedDurations(media("mpegts", { num: 0, den: 1 }), "mp4")).toEqual([]);
  });
});
