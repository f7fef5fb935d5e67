import type { Loudness } from "../../probe/media.ts";

/** The summary comes in several messages. Others may speak between them, and then each has the name of the meter before it. */
const METER = /\bebur128@meter(\d+) @ [^\]]*\]/;
/**
 * `    I:         -21.8 LUFS`, `    LRA:         0.0 LU`, `    Peak:      -14.5 dBFS`; silence has no peak: `-inf`. The last one ends without
 * a new line, so what another thread says may follow at once.
 */
const VALUE = /^\s+(I|LRA|Peak):\s+(-?inf|nan|-?[\d.]+) (?:LUFS|LU|dBFS)/;
/** Below this nothing is heard. */
const SILENT = { integratedLufs: -70, truePeakDbtp: -120, rangeLu: 0 };

/** Makes a reader of what ffmpeg's loudness meters (`meterArgs`) tell in its log, line by line. */
export function createMeterLog() {
  const found = new Map<number, { -readonly [K in keyof Loudness]: number }>();
  let at = -1;
  return {
    read(line: string): void {
      const meter = METER.exec(line)?.[1];
      if (meter !== undefined) {
        at = Number(meter);
        if (line.includes(" Summary:")) found.set(at, { ...SILENT });
        return;
      }
      if (line.startsWith("[")) at = -1;
      const [, name, text = ""] = VALUE.exec(line) ?? [];
      const value = Number(text);
      const own = found.get(at);
      if (!own || name === undefined || !Number.isFinite(value)) return;
      if (name === "I") own.integratedLufs = value;
      else if (name === "LRA") own.rangeLu = value;
      else own.truePeakDbtp = value;
    },
    /** What a meter told; undefined if it told nothing. */
    of: (meter: number): Loudness | undefined => found.get(meter),
  };
}
