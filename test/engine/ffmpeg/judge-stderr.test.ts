import { describe, expect, test } from "bun:test";
import { judgeExit } from "../../../src/engine/ffmpeg/judge-stderr.ts";
import type { ErrorCode } from "../../../src/task/errors.ts";

// Real lines: of 5.1.9 as recorded here, of 7.1 and of the WebAssembly core where they word a thing in another way. What can be made with real files
// stands in failures.test.ts and trouble.test.ts.
const CASES: readonly (readonly [ErrorCode, string])[] = [
  ["scratch_full", "av_interleaved_write_frame(): No space left on device"],
  ["scratch_full", "[out#0/mp4 @ 0x1] Error writing trailer: No space left on device"],
  ["scratch_full", "0/out.mp4: Disk quota exceeded"],
  ["scratch_full", "0/out.mp4: Quota exceeded"],
  [
    "output_not_supported",
    "[matroska @ 0x1] Can't write packet with unknown timestamp\nav_interleaved_write_frame(): Invalid argument",
  ],
  [
    "output_not_supported",
    "[mpegts @ 0x1] first pts and dts value must be set\nav_interleaved_write_frame(): Invalid data found when processing input",
  ],
  [
    "output_not_supported",
    "[flv @ 0x1] Packet is missing PTS\nav_interleaved_write_frame(): Invalid argument",
  ],
  [
    "source_damaged",
    "[mpegts @ 0x1] Error applying bitstream filters to an output packet for stream #0: Invalid data found when processing input\nav_interleaved_write_frame(): Invalid data found when processing input",
  ],
  [
    "source_damaged",
    "[out#0/mpegts @ 0x1] Task finished with error code: -1094995529 (Invalid data found when processing input)\n[out#0/mpegts @ 0x1] Terminating thread with return code -1094995529 (Invalid data found when processing input)",
  ],
  ["internal", "Error writing trailer of 0/out.mp4: Input/output error"],
  ["encoder_killed", "[libx264 @ 0x1] malloc of size 100 failed\nError: Cannot allocate memory"],
  [
    "encoder_killed",
    "x264 [error]: malloc of size 67704576 failed\nError submitting video frame to the encoder",
  ],
  ["encoder_killed", "Error while filtering: Out of memory"],
  ["encoder_missing", "Unknown encoder 'libsvtav1'"],
  [
    "encoder_missing",
    "[h264_nvenc @ 0x1] Cannot load libcuda.so.1\nError initializing output stream 0:0 -- Error while opening encoder for output stream #0:0",
  ],
  [
    "encoder_missing",
    "[AVFilterGraph @ 0x1] No such filter: 'zscale'\nError reinitializing filters!",
  ],
  [
    "encoder_missing",
    "Error parsing bitstream filter sequence 'nosuch': Bitstream filter not found",
  ],
  ["input_not_supported", "[hls @ 0x1] Format not on whitelist 'mov'\ninput: Invalid argument"],
  [
    "input_not_supported",
    "[in#0 @ 0x1] Error opening input: Invalid argument\n[hls @ 0x2] Format not on whitelist 'mov'",
  ],
  ["input_not_supported", "[mov @ 0x1] Protocol 'http' not on whitelist 'file'!"],
  [
    "input_not_supported",
    "Not detecting m3u8/hls with non standard extension and non standard mime type\n[in#0 @ 0x1] Error opening input: Invalid data found when processing input",
  ],
  ["output_not_supported", "[AVFormatContext @ 0x1] Requested output format 'x' is not known."],
  [
    "picture_too_large",
    "[h264 @ 0x1] [IMGUTILS @ 0x2] Picture size 320x180 exceeds specified max pixel count 50000, see the documentation if you wish to increase it\nError while opening decoder for input stream #0:0 : Invalid argument",
  ],
  [
    "input_not_supported",
    "Stream map '0:v:0' matches no streams.\nTo ignore this, add a trailing '?' to the map.",
  ],
  [
    "input_not_supported",
    "Stream map '' matches no streams.\nTo ignore this, add a trailing '?' to the map.\nFailed to set value '0:v:0' for option 'map': Invalid argument\nError parsing options for output file -.\nError opening output files: Invalid argument",
  ],
  [
    "input_not_supported",
    "[fc#0 @ 0x1] Stream specifier ':v:0' in filtergraph description [0:v:0]null[a] matches no streams.\nError binding filtergraph inputs/outputs: Invalid argument",
  ],
  ["input_not_supported", "Decoder (codec none) not found for input stream #0:0"],
  [
    "input_not_supported",
    "[vist#0:0/none @ 0x1] Decoding requested, but no decoder found for: none",
  ],
  [
    "input_not_supported",
    "[av1 @ 0x1] Your platform doesn't suppport hardware accelerated AV1 decoding.\nError while decoding stream #0:0: Function not implemented",
  ],
  [
    "source_damaged",
    "[out#0/ipod @ 0x1] Output file is empty, nothing was encoded(check -ss / -t / -frames parameters if used)",
  ],
  ["source_missing", "input: No such file or directory"],
  [
    "source_missing",
    "[in#0 @ 0x1] Error opening input: No such file or directory\nError opening input file input.",
  ],
  ["source_missing", "input: Is a directory"],
  ["source_missing", "input: Permission denied"],
  ["source_unreachable", "input: Input/output error"],
  ["source_unreachable", "input: I/O error"],
  [
    "source_not_media",
    "[mov @ 0x1] moov atom not found\ninput: Invalid data found when processing input",
  ],
  [
    "source_not_media",
    "[in#0 @ 0x1] Error opening input: Invalid data found when processing input",
  ],
  [
    "output_not_supported",
    "[NULL @ 0x1] Unable to find a suitable output format for '0/out.nosuch'",
  ],
  [
    "output_not_supported",
    "[NULL @ 0x1] Requested output format 'x' is not a suitable output format",
  ],
  [
    "output_not_supported",
    "[webm @ 0x1] Only VP8 or VP9 or AV1 video and Vorbis or Opus audio and WebVTT subtitles are supported for WebM.\nCould not write header for output file #0",
  ],
  [
    "output_not_supported",
    "[mp4 @ 0x1] Could not find tag for codec pcm_s16le in stream #1, codec not currently supported in container\nCould not write header",
  ],
  [
    "output_not_supported",
    "Could not write header for output file #0 (incorrect codec parameters ?)",
  ],
  [
    "option_invalid",
    "[libx264 @ 0x1] width not divisible by 2 (321x241)\nError while opening encoder",
  ],
  [
    "option_invalid",
    "[libx264 @ 0x1] [IMGUTILS @ 0x2] Picture size 30000x30000 is invalid\nError while opening encoder",
  ],
  ["option_invalid", "Invalid frame size: 0x0."],
  [
    "option_invalid",
    "Unrecognized option 'nosuch'.\nError splitting the argument list: Option not found",
  ],
  ["option_invalid", "[libx264 @ 0x1] Error setting preset/tune zzz/(null)."],
  ["option_invalid", "[libx264 @ 0x1] Error setting option b to value abc."],
  ["option_invalid", "[Parsed_scale_0 @ 0x1] Option 'nosuch' not found"],
  ["option_invalid", "[libopus @ 0x1] Specified sample rate 44100 is not supported"],
  [
    "option_invalid",
    "Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0",
  ],
  ["target_unwritable", "nodir/out.mp4: No such file or directory"],
  ["target_unwritable", "0/out.mp4: Read-only file system"],
  [
    "target_unwritable",
    "[out#0/mp4 @ 0x1] Error opening output nodir/o.mp4: No such file or directory",
  ],
  ["target_unwritable", "0: Is a directory"],
  ["target_unwritable", "file/out.mp4: Not a directory"],
  ["source_damaged", "Empty output"],
  [
    "source_damaged",
    "[out#0/mp4 @ 0x1] Output file is empty, nothing was encoded(check -ss / -t / -frames parameters if used)",
  ],
  ["source_damaged", "[out#0/matroska @ 0x1] Output file is empty, nothing was encoded"],
  [
    "input_not_supported",
    "Not detecting m3u8/hls with non standard extension and non standard mime type\n[in#0 @ 0x1] Error opening input: Invalid data found when processing input",
  ],
  ["invalid_parameter", "Empty output on stream 0."],
  ["invalid_parameter", "[vost#0:0/copy @ 0x1] Empty output"],
  [
    "source_damaged",
    "[out#0/mp4 @ 0x1] Nothing was written into output file, because at least one of its streams received no packets.",
  ],
  ["source_damaged", "[mov @ 0x1] stream 0, offset 0x265af: partial file"],
  ["source_damaged", "Error while decoding stream #0:0: Invalid data found when processing input"],
  [
    "source_damaged",
    "[vist#0:0/h264 @ 0x1] Error submitting packet to decoder: Invalid data found when processing input",
  ],
  ["source_damaged", "Cannot determine format of input stream 0:0 after EOF"],
  ["unknown", "something that nobody has seen before"],
];

describe("judgeExit", () => {
  test.each(CASES)("judges as %s: %s", (code, stderr) => {
    const error = judgeExit({ code: 1, stderr: `${stderr}\nConversion failed!\n` });
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(/^Cannot [^:]+: .*[^.]$/);
  });

  test("takes exit code 0 for success, whatever the source's flaws", () => {
    for (const line of [
      "stream 0, offset 0x265af: partial file",
      "Error while decoding stream #0:0",
    ])
      expect(judgeExit({ code: 0, stderr: line })).toBeUndefined();
  });

  test.each([
    ["scratch_full", "Error closing file 0/out.mp4: No space left on device"],
    ["scratch_full", "av_interleaved_write_frame(): No space left on device"],
    ["internal", "Error writing trailer of 0/out.mp4: Input/output error"],
  ])("does not believe exit code 0 where an output is not whole: %s", (code, stderr) => {
    expect(judgeExit({ code: 0, stderr })?.code).toBe(code as ErrorCode);
  });

  test.each([
    [
      "[h264 @ 0x1] error while decoding MB 33 12, bytestream -5\nError while decoding stream #0:2: Invalid data found when processing input",
      "Cannot read the source: too much of it could not be decoded (stream 2, h264: error while decoding MB 33 12, bytestream -5)",
    ],
    [
      "[aist#0:1/aac @ 0x1] [dec:aac @ 0x2] Error submitting packet to decoder: Invalid data",
      "Cannot read the source: too much of it could not be decoded (stream 1, dec: Error submitting packet to decoder: Invalid data)",
    ],
    [
      "[out#0/mp4 @ 0x1] Output file is empty, nothing was encoded",
      "Cannot read the source: nothing of it could be decoded",
    ],
    [
      "[mov @ 0x1] rtmp://host/app/key: stream 0, offset 0x265af: partial file",
      "Cannot read the source: it is cut off (mov: rtmp://host/app/*** stream 0, offset 0x265af: partial file)",
    ],
  ])("says of damage in which stream it is, and what the decoder says: %s", (stderr, message) => {
    expect(judgeExit({ code: 1, stderr })?.message).toBe(message);
  });

  test("knows ffmpeg's own exit codes", () => {
    expect(judgeExit({ code: 69, stderr: "" })?.code).toBe("source_damaged");
    expect(judgeExit({ code: 255, stderr: "" })?.code).toBe("encoder_killed");
  });

  test("names the signal that ended it, before all that it said", () => {
    const error = judgeExit({ signal: "SIGKILL", stderr: "input: No such file or directory" });
    expect([error?.code, error?.message]).toEqual([
      "encoder_killed",
      "Cannot encode: SIGKILL ended ffmpeg",
    ]);
  });

  test("says the last words where it knows nothing better", () => {
    const { message } = judgeExit({ code: 187, stderr: "first\nlast word\n" }) ?? {};
    expect(message).toBe("Cannot encode: ffmpeg ended with 187: last word");
  });
});
