import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { realpathSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileStorage } from "../../../src/storage/file/file.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { SourceRun } from "../../../src/worker/run.ts";
import { openSource } from "../../../src/worker/source/open-source.ts";
import { manifestSourceContract } from "../../contract/manifest-source.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { mountTmpfs } from "../../fixtures/mounts.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { openBelow } from "../../fixtures/process-facts.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const native = openNative();
const wasm = openWasm();

manifestSourceContract("NativeEngine", () => native, { describe, test, expect });
manifestSourceContract("WasmEngine", () => wasm, { describe, test, expect });

const runWith = async (storage: Storage, more: Partial<SourceRun> = {}): Promise<SourceRun> => ({
  engine: await native,
  storageOf: () => storage,
  sourceTimeoutMs: 1_000,
  signal: new AbortController().signal,
  onProgress: () => {},
  onLog: () => {},
  atEnd: () => {},
  ...more,
});

describe("openSource", () => {
  test("does not fill the disk where a manifest names one file again and again", async () => {
    const root = tempFolder();
    writeFileSync(join(root, "a.ts"), Buffer.alloc(1 << 20));
    const segments = Array.from({ length: 90 }, () => "#EXTINF:1,\na.ts\n").join("");
    writeFileSync(join(root, "a.m3u8"), `#EXTM3U\n${segments}#EXT-X-ENDLIST\n`);
    const folder = tempFolder();
    const unmount = mountTmpfs(folder, "size=100m");
    if (!unmount) return;
    try {
      const storage = await FileStorage.open({ roots: [root] });
      const opening = openSource("a.m3u8", await runWith(storage), folder);
      expect((await taskErrorOf(opening)).code).toBe("scratch_full");
      const { bavail, bsize } = statfsSync(folder);
      expect(bavail * bsize).toBeGreaterThan(40 << 20);
    } finally {
      unmount();
    }
  });

  test("fetches no segment where the disk of the run has no room", async () => {
    const root = tempFolder();
    writeFileSync(join(root, "a.ts"), Buffer.alloc(1 << 20));
    writeFileSync(join(root, "a.m3u8"), "#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n");
    const storage = await FileStorage.open({ roots: [root] });
    const disk = { roomIn: async () => 0, roomToFetch: async () => -1 };
    const opening = openSource("a.m3u8", await runWith(storage, { disk }), tempFolder());
    expect((await taskErrorOf(opening)).code).toBe("scratch_full");
  });

  test("holds nothing open of a manifest, its segments and their keys once its run has ended", async () => {
    const root = realpathSync(tempFolder());
    writeFileSync(join(root, "a.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8\n");
    const key = '#EXT-X-KEY:METHOD=AES-128,URI="key"';
    const list = `#EXTM3U\n${key}\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n`;
    writeFileSync(join(root, "b.m3u8"), list);
    writeFileSync(join(root, "key"), Buffer.alloc(16));
    writeFileSync(join(root, "a.ts"), Buffer.alloc(1 << 20));
    const storage = await FileStorage.open({ roots: [root] });
    const held: (() => Promise<void>)[] = [];
    const atEnd = (giveBack: () => Promise<void>) => void held.push(giveBack);
    const opening = openSource("a.m3u8", await runWith(storage, { atEnd }), tempFolder());
    expect((await taskErrorOf(opening)).code).toBe("source_damaged");
    expect(openBelow(root)).toEqual([join(root, "a.m3u8")]);
    for (const giveBack of held) await giveBack();
    expect(openBelow(root)).toEqual([]);
  });
});
