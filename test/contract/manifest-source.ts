import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { FileStorage } from "../../src/storage/file/file.ts";
import type { SourceRun } from "../../src/worker/run.ts";
import { openSource } from "../../src/worker/source/open-source.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { entryOf, STREAMED_SETS } from "../fixtures/streamed-sets.ts";

/** What the suite is written for. */
type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What sources that are manifests become with any engine, on any runtime. */
export function manifestSourceContract(
  name: string,
  open: () => Promise<Engine>,
  { describe, test, expect }: Harness,
): void {
  describe(`openSource with ${name}`, () => {
    test.each(Object.keys(STREAMED_SETS))("makes one file of 4 s: %s", async (shape) => {
      const set = (await STREAMED_SETS[shape]?.()) ?? new Map<string, Buffer>();
      const root = tempFolder();
      for (const [file, bytes] of set) writeFileSync(join(root, file), bytes);
      const storage = await FileStorage.open({ roots: [root] });
      const folder = join(tempFolder(), "work");
      mkdirSync(folder);
      const held: (() => Promise<void>)[] = [];
      const run: SourceRun = {
        engine: await open(),
        storageOf: () => storage,
        sourceTimeoutMs: 1_000,
        signal: new AbortController().signal,
        onProgress: () => {},
        onLog: () => {},
        atEnd: (giveBack) => void held.push(giveBack),
      };
      const { media } = await openSource(entryOf(set), run, folder);
      for (const giveBack of held) await giveBack();
      const { video, audio, durationSeconds = 0 } = media;
      expect([video?.codec, video?.width, audio?.codec]).toEqual(["h264", 320, "aac"]);
      expect(Math.abs(durationSeconds - 4)).toBeLessThan(0.1);
    });
  });
}
