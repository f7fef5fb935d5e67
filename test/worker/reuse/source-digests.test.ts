import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SourceDigests } from "../../../src/worker/reuse/source-digests.ts";
import { tempFolder } from "../../fixtures/clips.ts";

// A busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A source, and digests for which it has long been as it is, or has just changed. */
function aSource(agoMs = 60_000) {
  const path = join(tempFolder(), "in.mp4");
  writeFileSync(path, "bytes");
  const digests = new SourceDigests(() => Date.now() + agoMs);
  return { path, digests };
}

describe("SourceDigests", () => {
  test("reads a file once, under each of its names, and anew once it is another", async () => {
    const { path, digests } = aSource();
    const link = `${path}.link`;
    symlinkSync(path, link);
    expect(await digests.known(path)).toBeUndefined();
    expect(await digests.of(link, false, signal)).toMatchObject({
      sha256: sha256("bytes"),
      sizeBytes: 5,
    });
    expect(await digests.known(path)).toBe(sha256("bytes"));
    // Another file takes the name, as old and as large.
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.new`, "other");
    utimesSync(`${path}.new`, atime, mtime);
    renameSync(`${path}.new`, path);
    expect(await digests.known(path)).toBeUndefined();
    expect((await digests.of(path, false, signal)).sha256).toBe(sha256("other"));
  });

  test("remembers neither what has just changed nor what goes with its task", async () => {
    const fresh = aSource(0);
    await fresh.digests.of(fresh.path, false, signal);
    expect(await fresh.digests.known(fresh.path)).toBeUndefined();
    const { path, digests } = aSource();
    await digests.of(path, true, signal);
    expect(await digests.known(path)).toBeUndefined();
  });

  test.each([0, 60_000])(
    "tells that a file changed since, %d ms after it last did",
    async (ago) => {
      const { path, digests } = aSource(ago);
      const source = await digests.of(path, false, signal);
      expect(await source.isStill(signal)).toBe(true);
      appendFileSync(path, "more");
      expect(await source.isStill(signal)).toBe(false);
    },
  );

  test("does not vouch for a file that is gone", async () => {
    const { path, digests } = aSource();
    const source = await digests.of(path, false, signal);
    renameSync(path, `${path}.away`);
    expect(await source.isStill(signal)).toBe(false);
  });
});
