import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import type { ProbeLimits } from "../../src/engine/ffmpeg/probing.ts";
import type { ErrorCode, TaskError } from "../../src/task/errors.ts";
import { type BadSource, badSource, SECRET } from "../fixtures/bad-sources.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aRun, never } from "./engine.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** Opens an engine, with some of its limits as given. */
export type OpenEngine = (limits?: Partial<ProbeLimits>) => Promise<Engine>;

type Case = readonly [
  source: BadSource,
  probe: ErrorCode | "passes",
  run: ErrorCode | "passes" | undefined,
  output: "none" | "short" | "whole",
];

/**
 * Where a bad source is found out: by the probe; by the run (here also without a probe before it, for a file can change in
 * between); or, where both pass, only by the verification: of the output, which is shorter than the source said, or of the damage
 * that the run has told of.
 */
const CASES: readonly Case[] = [
  ["missing", "source_missing", "source_missing", "none"],
  ["folder", "source_missing", "source_missing", "none"],
  ["text", "source_not_media", "source_not_media", "none"],
  ["empty", "source_not_media", "source_not_media", "none"],
  ["random", "source_not_media", "source_not_media", "none"],
  ["no index", "source_not_media", "source_not_media", "none"],
  ["picture", "input_not_supported", "input_not_supported", "none"],
  ["HLS playlist", "input_not_supported", "input_not_supported", "none"],
  ["concat list", "input_not_supported", "input_not_supported", "none"],
  ["DASH manifest", "input_not_supported", "input_not_supported", "none"],
  ["unknown codec", "input_not_supported", "input_not_supported", "none"],
  ["zero duration", "source_damaged", "input_not_supported", "none"],
  // What comes of its run differs by version, and is nothing to be delivered.
  ["encrypted", "input_not_supported", undefined, "none"],
  ["pixel bomb", "picture_too_large", "picture_too_large", "none"],
  ["audio alone", "passes", "input_not_supported", "none"],
  ["garbage inside", "passes", "passes", "whole"],
  ["truncated", "passes", "passes", "short"],
  ["one flaw", "passes", "passes", "whole"],
];

const codeOf = async (call: Promise<unknown>): Promise<{ code: string; text: string }> => {
  try {
    await call;
    return { code: "passes", text: "" };
  } catch (error) {
    const { code, message, cause } = error as TaskError;
    return { code, text: `${message} ${cause}` };
  }
};

/** What every engine says of the same bad files. */
export function badSourcesContract(name: string, open: OpenEngine, harness: Harness): void {
  const { describe, test, expect } = harness;
  describe(`${name}: a bad source`, () => {
    const opened = open();

    test.each(CASES)("%s: its probe %s, its run %s, its output is %s", async (...row) => {
      const [source, probe, run, output] = row;
      const engine = await opened;
      const path = await badSource(source);
      const probed = await codeOf(engine.probe({ path, side: "source" }, never));
      const lines: string[] = [];
      const request = aRun(path, undefined, { onLog: (line) => lines.push(line) });
      const ran = await codeOf(engine.run(request, never));
      expect({ probe: probed.code, run: ran.code }).toEqual({ probe, run: run ?? ran.code });
      expect([probed.text, ran.text, ...lines].join("\n")).not.toContain(SECRET);
      if (output === "none") return;
      const made = { path: join(request.folder, "0/out.mp4"), side: "output" } as const;
      const { durationSeconds = 0 } = await engine.probe(made, never);
      // The sources are 3 s long, and say so.
      if (output === "short") expect(durationSeconds).toBeLessThan(2.5);
      else expect(durationSeconds).toBeGreaterThan(2.9);
    });

    test("is judged by its pictures, not by what its container says of them", async () => {
      const small = await open({ maxPixels: 320 * 180 - 1 });
      const path = await badSource("one flaw");
      const probed = await taskErrorOf(small.probe({ path, side: "source" }, never));
      const ran = await taskErrorOf(small.run(aRun(path), never));
      for (const { code, message } of [probed, ran]) {
        expect(code).toBe("picture_too_large");
        expect(message).toContain("320x180");
      }
    });

    test("whose headers take longer than the limit is source_hangs", async () => {
      const hasty = await open({ probeTimeoutMs: 1 });
      const path = await badSource("one flaw");
      const source = await taskErrorOf(hasty.probe({ path, side: "source" }, never));
      expect(source.code).toBe("source_hangs");
      const output = await taskErrorOf(hasty.probe({ path, side: "output" }, never));
      expect(output.code).toBe("output_wrong");
    });
  });
}
