import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";
import { STREAM_ENTRIES, streamSchema } from "../../src/probe/parse-stream.ts";

const format = { format_name: "matroska,webm" };
const audio = { codec_type: "audio", codec_name: "aac", channels: 6, sample_rate: "48000" };

/** The streams of a file, as they are read. */
const streamsOf = (streams: readonly object[], file: object = format) =>
  parseProbe({
    format: file,
    streams: streams.map((stream, index) => ({ index, ...stream })),
  }).streams;

describe("streamOf", () => {
  test("reads every stream of a file in its order, whatever its kind", () => {
    const streams = streamsOf([
      { codec_type: "video", codec_name: "hevc", disposition: { default: 1 } },
      { ...audio, sample_fmt: "fltp", channel_layout: "5.1", tags: { language: "eng" } },
      { ...audio, disposition: { dub: 1, visual_impaired: 1 }, tags: { language: "fre" } },
      { codec_type: "subtitle", codec_name: "subrip", disposition: { forced: 1 } },
      { codec_type: "attachment", codec_name: "ttf" },
      { codec_type: "data" },
      { codec_type: "video", codec_name: "mjpeg", disposition: { attached_pic: 1 } },
    ]);
    expect(streams).toMatchObject([
      { index: 0, kind: "video", codec: "hevc", dispositions: ["default"] },
      { index: 1, kind: "audio", language: "eng", layout: "5.1", channels: 6 },
      { index: 2, kind: "audio", language: "fre", dispositions: ["dub", "visual_impaired"] },
      { index: 3, kind: "subtitle", codec: "subrip", dispositions: ["forced"] },
      { index: 4, kind: "attachment", codec: "ttf", dispositions: [] },
      { index: 5, kind: "data", codec: "unknown" },
      { index: 6, kind: "video", codec: "mjpeg", dispositions: ["attached_pic"] },
    ]);
  });

  test("reads the title of a stream in one line, which MP4 calls its name", () => {
    const titles = [
      { title: "Director\u2028\n\t and  crew\u0007" },
      { name: "Français" },
      { title: " \n " },
      { title: "\u{1f3ac}".repeat(120) },
    ].map((tags) => streamsOf([{ ...audio, tags }])[0]?.title);
    expect(titles).toEqual(["Director and crew", "Français", undefined, "\u{1f3ac}".repeat(100)]);
  });

  test("knows what cannot be decoded by the sample format, which a decoder alone tells", () => {
    const [known, unknown] = streamsOf([{ ...audio, sample_fmt: "fltp" }, audio]);
    expect(known).not.toHaveProperty("isUndecodable");
    expect(unknown).toMatchObject({ isUndecodable: true });
  });

  test("reads what is said of light and captions of each picture, not of the chosen one alone", () => {
    const video = { codec_type: "video", codec_name: "hevc" };
    const [, second] = streamsOf([
      video,
      {
        ...video,
        color_transfer: "smpte2084",
        side_data_list: [
          { side_data_type: "Content light level metadata" },
          { side_data_type: "ATSC A53 Part 4 Closed Captions" },
        ],
      },
    ]);
    expect(second).toMatchObject({
      hasHdrData: true,
      hasCaptions: true,
      color: { transfer: "smpte2084" },
    });
  });

  test("reads by which numbers the packets of a MPEG-TS go, of subtitles too", () => {
    const streams = [
      { ...audio, id: "0x101" },
      { codec_type: "subtitle", codec_name: "dvb_subtitle", id: "0x102" },
    ];
    expect(streamsOf(streams, { format_name: "mpegts" }).map(({ pid }) => pid)).toEqual([257, 258]);
  });

  test("knows of each stream what an edit list hides of it", () => {
    const streams = [
      { ...audio, nb_frames: "188", duration: "3.0", start_time: "0.0" },
      { ...audio, nb_frames: "142", duration: "3.0", start_time: "0.0" },
    ].map((stream, index) => ({ index, ...stream }));
    const packets = [0, 1].map((stream_index) => ({
      ...{ stream_index, pts_time: "0.0", duration_time: "0.021333", flags: "K__" },
    }));
    const media = parseProbe({ format: { format_name: "mov,mp4" }, streams, packets });
    expect(media.streams.map((stream) => "hidden" in stream)).toEqual([true, false]);
  });
});

test("STREAM_ENTRIES asks for what is read and no more", () => {
  const asked = STREAM_ENTRIES[0]?.replace("stream=", "").split(",");
  const sections = ["disposition", "tags", "side_data_list"];
  const read = Object.keys(streamSchema.entries).filter((name) => !sections.includes(name));
  expect(asked?.toSorted()).toEqual(read.toSorted());
});
