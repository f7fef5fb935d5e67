import { describe, expect, test } from "bun:test";
import { createRunLog } from "../../src/engine/run-log.ts";

function read(lines: readonly string[]) {
  const complaints: string[] = [];
  const log = createRunLog((line) => complaints.push(line));
  for (const line of lines) log.read(line);
  return { complaints, stderr: log.complaints(), silentSamples: log.silentSamples() };
}

describe("createRunLog", () => {
  test("hands on what went wrong, as it is said at the level error", () => {
    const lines = [
      "[info] Input #0, mpegts, from 'input':",
      "[mpegts @ 0x55] [warning] Packet corrupt (stream = 0, dts = 423120).",
      "[aac @ 0x55] [error] Reserved bit set.",
      "[aist#0:1/aac @ 0x55] [dec:aac @ 0x56] [error] Error submitting packet to decoder: broken",
      "[fatal] Conversion failed!",
      "[verbose] Total: 336 packets muxed",
    ];
    const complaints = [
      "[aac @ 0x55] Reserved bit set.",
      "[aist#0:1/aac @ 0x55] [dec:aac @ 0x56] Error submitting packet to decoder: broken",
      "Conversion failed!",
    ];
    expect(read(lines)).toEqual({
      complaints,
      stderr: `${complaints.join("\n")}\n`,
      silentSamples: 0,
    });
  });

  test("takes a line without a level as one more of the message before", () => {
    const lines = ["[info] Press [q]", "to stop", "[error] Cannot open it:", "no such file"];
    expect(read(lines).complaints).toEqual(["Cannot open it:", "no such file"]);
  });

  test("hands on what somebody else says in place of ffmpeg", () => {
    expect(read(["ffmpeg: cannot load a library"]).complaints).toHaveLength(1);
  });

  test("counts the silence that was put into the sound", () => {
    const filled = (samples: number) =>
      `[Parsed_aresample_0 @ 0x55] [SWR @ 0x56] [verbose] adding ${samples} audio samples of silence`;
    const { complaints, silentSamples } = read([filled(16_384), filled(16_384), filled(100)]);
    expect(complaints).toEqual([]);
    expect(silentSamples).toBe(32_868);
  });
});
