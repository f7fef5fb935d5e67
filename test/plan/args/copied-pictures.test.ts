import { describe, expect, test } from "bun:test";
import { copiedPictures } from "../../../src/plan/args/copied-pictures.ts";
import { chainText } from "../../../src/plan/args/streams.ts";
import { aMedia, aVideoStream } from "../builders.ts";

const media = (format: string, framerate?: { num: number; den: number }) => {
  const { framerate: _, ...video } = aVideoStream();
  return aMedia({ format, video: { ...video, ...(framerate && { framerate }) } });
};
const NTSC = { num: 30_000, den: 1001 };

describe("copiedPictures", () => {
  test("has pictures of MPEG-TS and Matroska last until the next one where that is counted", () => {
    const filters =
      "setts=pts=PTS:dts=DTS:duration=if(gt(NEXT_DTS-DTS\\,0)\\,NEXT_DTS-DTS\\,max(DURATION\\,1001/(30000*TB)))";
    for (const container of ["mp4", "mov", "m3u8"] as const)
      for (const format of ["mpegts", "matroska,webm"])
        expect(chainText(copiedPictures(media(format, NTSC), container))).toBe(filters);
  });

  test("repeats the parameter sets of H.264 where a copy into MPEG-TS was wrong", () => {
    const uncopied = { m3u8: "in a copy, its picture is 0x0", mp4: "it is wrong" };
    const video = aVideoStream({ uncopied });
    expect(chainText(copiedPictures(aMedia({ video }), "m3u8"))).toBe(
      "h264_mp4toannexb,dump_extra=freq=keyframe",
    );
    const matroska = aMedia({ format: "matroska,webm", video });
    expect(chainText(copiedPictures(matroska, "m3u8"))).toMatch(
      /^h264_.*,dump_extra=freq=keyframe,setts=/,
    );
    expect(copiedPictures(aMedia({ video }), "mp4")).toEqual([]);
    expect(copiedPictures(aMedia({ video }), "mpegts")).toEqual([]);
    expect(copiedPictures(aMedia({ video: { ...video, codec: "hevc" } }), "m3u8")).toEqual([]);
  });

  test("leaves all others as they are", () => {
    expect(copiedPictures(media("mov,mp4,m4a,3gp,3g2,mj2", NTSC), "mp4")).toEqual([]);
    expect(copiedPictures(media("mpegts", NTSC), "mkv")).toEqual([]);
    expect(copiedPictures(media("mpegts"), "mp4")).toEqual([]);
    expect(copiedPictures(media("mpegts", { num: 0, den: 1 }), "mp4")).toEqual([]);
  });
});
