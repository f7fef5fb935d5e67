import { describe, expect, test } from "bun:test";
import { createRunLog } from "../../../src/engine/ffmpeg/run-log.ts";

function read(lines: readonly string[]) {
  const complaints: string[] = [];
  const usual: string[] = [];
  const log = createRunLog(
    (line) => complaints.push(line),
    (line) => usual.push(line),
  );
  for (const line of lines) log.read(line);
  return { complaints, usual, stderr: log.complaints(), silentSeconds: log.silentSeconds() };
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
      usual: lines.slice(0, -1),
      stderr: `${complaints.join("\n")}\n`,
      silentSeconds: 0,
    });
  });

  test("takes a line without a level as one more of the message before", () => {
    const lines = ["[info] Press [q]", "to stop", "[error] Cannot open it:", "no such file"];
    expect(read(lines).complaints).toEqual(["Cannot open it:", "no such file"]);
    expect(read([...lines, "[verbose] Total:", "336 packets"]).usual).toEqual(lines);
  });

  test("hands on what somebody else says in place of ffmpeg", () => {
    expect(read(["ffmpeg: cannot load a library"]).complaints).toHaveLength(1);
  });

  describe("of silence", () => {
    const name = (address: number, instance = "Parsed_aresample_0") =>
      `[${instance} @ 0x${address}]`;
    const begun = (who: string, rateHz: number) =>
      `${who} [verbose] ch:1 chl:mono fmt:s16 r:${rateHz}Hz -> ch:2 chl:stereo fmt:fltp r:48000Hz`;
    const filled = (who: string, samples: number) =>
      `${who} [SWR @ 0x99] [verbose] adding ${samples} audio samples of silence`;

    test("adds up the seconds, by the rate of the sound that comes in", () => {
      const one = name(55);
      const { complaints, silentSeconds } = read([
        begun(one, 8000),
        filled(one, 9600),
        filled(one, 800),
      ]);
      expect(complaints).toEqual([]);
      expect(silentSeconds).toBeCloseTo(1.3);
    });

    test("counts it once where several outputs have the same sound", () => {
      const [one, other] = [name(55), name(56)];
      const lines = [begun(one, 8000), begun(other, 48_000), filled(one, 800), filled(other, 9600)];
      expect(read(lines).silentSeconds).toBeCloseTo(0.2);
    });

    test("goes on counting where the rate changes", () => {
      const one = name(55);
      const lines = [begun(one, 8000), filled(one, 800), begun(one, 48_000), filled(one, 4800)];
      expect(read(lines).silentSeconds).toBeCloseTo(0.2);
    });

    test("leaves out what is put before a late beginning", () => {
      const late = name(55, "aresample@late");
      expect(read([begun(late, 48_000), filled(late, 19_200)]).silentSeconds).toBe(0);
    });
  });
});
