import { expect, test } from "bun:test";
import { createMeterLog } from "../../../src/worker/sound/meter-log.ts";

const summary = (meter: number, loudness: string, peak: string) => [
  `[ebur128@meter${meter} @ 0x5638309fe100] [info] Summary:`,
  "",
  "  Integrated loudness:",
  `    I:         ${loudness} LUFS`,
  "    Threshold: -31.8 LUFS",
  "",
  "  Loudness range:",
  "    LRA:         3.5 LU",
  "    LRA low:     0.0 LUFS",
  "",
  "  True peak:",
  `    Peak:      ${peak} dBFS`,
];

test("createMeterLog reads each meter by its name, whichever ends first, and silence without a peak", () => {
  const log = createMeterLog();
  const others = ["[out#0/null @ 0x55] [verbose] I:  -1.0 LUFS", "    I:         -2.0 LUFS"];
  for (const line of [...summary(1, "-21.8", "-14.5"), ...others, ...summary(0, "-70.0", "-inf")])
    log.read(line);
  expect(log.of(1)).toEqual({ integratedLufs: -21.8, truePeakDbtp: -14.5, rangeLu: 3.5 });
  expect(log.of(0)).toEqual({ integratedLufs: -70, truePeakDbtp: -120, rangeLu: 3.5 });
  expect(log.of(2)).toBeUndefined();
});

test("createMeterLog reads a summary that the log of other threads runs into", () => {
  const log = createMeterLog();
  const [begin = "", ...rest] = summary(1, "-21.8", "-14.5");
  const name = begin.replace("Summary:", "");
  const low = rest.findIndex((line) => line.includes("LRA low"));
  const first = [...rest.slice(0, low), "    LRA high:  -20.1 LUFSDecoder thread received EOF"];
  const other = "[dec:aac @ 0x55] [verbose] Terminating";
  const peak = "    Peak:      -14.5 dBFSEncoder thread received EOF";
  for (const line of [begin, ...first, other, name, "", "  True peak:", peak]) log.read(line);
  expect(log.of(1)).toEqual({ integratedLufs: -21.8, truePeakDbtp: -14.5, rangeLu: 3.5 });
});
