import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cutToFragments } from "../../../src/worker/output/whole-fragments.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(60_000);

const { signal } = new AbortController();

/** The boxes of a file that is whole. */
function boxesOf(path: string): readonly { readonly type: string; readonly end: number }[] {
  const bytes = readFileSync(path);
  const boxes: { type: string; end: number }[] = [];
  for (let at = 0; at < bytes.length; at = boxes.at(-1)?.end ?? bytes.length)
    boxes.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      end: at + bytes.readUInt32BE(at),
    });
  return boxes;
}

const endsOf = (path: string, type: string): readonly number[] =>
  boxesOf(path).flatMap((box) => (box.type === type ? box.end : []));

describe("cutToFragments", () => {
  let whole = "";
  let part = "";

  /** A recording of 3 s in fragments of 1 s, as live tasks make them. */
  beforeAll(async () => {
    const args = ["-g", "25", "-tune", "zerolatency"];
    const made = await clip({ seconds: 3, width: 160, height: 120, args });
    whole = join(tempFolder(), "whole.mp4");
    const fragments = ["-movflags", "+delay_moov+default_base_moof", "-frag_duration", "1000000"];
    execFileSync("ffmpeg", ["-v", "error", "-i", made, "-c", "copy", ...fragments, whole]);
  });

  /** Cuts a copy off, as a crash does. */
  const cutAt = async (sizeBytes: number): Promise<boolean> => {
    part = join(tempFolder(), "part-00000.mp4");
    copyFileSync(whole, part);
    truncateSync(part, sizeBytes);
    return cutToFragments(part, signal);
  };

  test("leaves a recording as it is that was ended in order", async () => {
    const { size } = statSync(whole);
    expect(boxesOf(whole).at(-1)?.type).toBe("mfra");
    expect(await cutAt(size)).toBe(true);
    expect(statSync(part).size).toBe(size);
  });

  test("cuts off what is no whole fragment", async () => {
    const [first = 0, second = 0, third = 0] = endsOf(whole, "mdat");
    const [, , thirdHead = 0] = endsOf(whole, "moof");
    for (const size of [second, second + 1, second + 9, thirdHead, thirdHead + 8, third - 1]) {
      expect(await cutAt(size)).toBe(true);
      expect(statSync(part).size).toBe(second);
    }
    expect(await cutAt(third + 1)).toBe(true);
    expect(statSync(part).size).toBe(third);
    expect(await cutAt(first)).toBe(true);
  });

  test("finds none in a header, in nothing, and in what is no recording", async () => {
    const [header = 0] = endsOf(whole, "moov");
    const [first = 0] = endsOf(whole, "mdat");
    for (const size of [0, 3, header, header + 20, first - 1]) {
      expect(await cutAt(size)).toBe(false);
      expect(statSync(part).size).toBe(size);
    }
    writeFileSync(part, "no boxes at all, but text that goes on for a while");
    expect(await cutToFragments(part, signal)).toBe(false);
  });

  test("keeps what follows it in a join", async () => {
    const [, second = 0, third = 0] = endsOf(whole, "mdat");
    const [, , thirdHead = 0] = endsOf(whole, "moof");
    const joined = (): number => {
      const list = join(part, "..", "list");
      writeFileSync(list, `file '${part}'\nfile '${whole}'\n`);
      const concat = ["-v", "error", "-f", "concat", "-safe", "0", "-i", list];
      const args = [...concat, "-map", "0:v", "-c", "copy", "-f", "framecrc", "-"];
      const frames = execFileSync("ffmpeg", args, { encoding: "utf8", stdio: "pipe" });
      return frames.split("\n").filter((line) => /^0,/.test(line)).length;
    };
    const perSecond = 25;
    await cutAt(Math.floor((thirdHead + third) / 2));
    expect(statSync(part).size).toBe(second);
    expect(joined()).toBe((2 + 3) * perSecond);
  });
});
