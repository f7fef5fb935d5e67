import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Analysis } from "../../../src/plan/sliced.ts";
import { withShares } from "../../../src/worker/parts/share-out.ts";
import { tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(30_000);

const line = (at: number, type: string, texture: number): string =>
  `in:${at} out:${at} type:${type} dur:2 cpbdur:2 q:28.00 aq:27.10 tex:${texture} mv:300 misc:170 imb:4 pmb:40 smb:40 d:- ref:0 ;\n`;

/** Two slices of two pictures, of which the second has more in it. */
const STATISTICS = `#options: qcomp=0.60\n${line(0, "I", 1_000)}${line(1, "P", 1_000)}${line(2, "I", 9_000)}${line(3, "P", 9_000)}`;

const analysis: Analysis = {
  at: 0,
  whole: { pictures: "pass-0.log", blocks: "pass-0.log.mbtree" },
  slices: ["a", "b"].map((name) => ({ pictures: `${name}.log`, blocks: `${name}.blocks` })),
  ...{ frames: 2, rate: { num: 25, den: 1 }, bitrateBps: 100_000 },
};
const part = { args: ["-b:v:0", "100k"], writes: ["0.mp4"] };
const sliced = {
  parts: [part, part, { args: ["sound"], writes: ["1.mp4"], isLight: true as const }],
  analyses: [analysis],
  list: { path: "list", text: "" },
  join: { args: [], writes: [] },
};
const step = { name: "encode", args: ["whole"], writes: [], share: 1, sliced } as const;

async function shared(statistics: string, blocks: string | undefined) {
  const folder = tempFolder();
  writeFileSync(join(folder, "pass-0.log"), statistics);
  if (blocks !== undefined) writeFileSync(join(folder, "pass-0.log.mbtree"), blocks);
  const said: string[] = [];
  const place = { folder, decide: (sentence: string) => void said.push(sentence) };
  const made = await withShares(step, place, new AbortController().signal);
  return { made, folder, said };
}

test("slices get their bitrates, their statistics and their blocks", async () => {
  const { made, folder, said } = await shared(STATISTICS, "aabbccdd");
  const { parts, analyses } = made.sliced ?? { parts: [] };
  expect(analyses).toBeUndefined();
  const rates = parts.slice(0, 2).map(({ args }) => Number(args[1]?.replace("k", "")));
  expect(rates[1]).toBeGreaterThan(rates[0] ?? 0);
  expect((rates[0] ?? 0) + (rates[1] ?? 0)).toBeCloseTo(200, -0.5);
  expect(said.join()).toContain(`its slices get ${rates.join(", ")} kbit/s`);
  expect(parts.map(({ reads = [] }) => reads.map(({ path }) => path))).toEqual([
    ...[["a.log", "a.blocks"], ["b.log", "b.blocks"], []],
  ]);
  expect(parts[1]?.reads?.[1]?.sizeBytes).toBe(4);
  expect(readFileSync(join(folder, "b.blocks"), "utf8")).toBe("ccdd");
  expect(readFileSync(join(folder, "b.log"), "utf8")).toStartWith(
    "#options: qcomp=0.60\nin:0 out:0",
  );
});

test("encoders that look at no blocks leave none", async () => {
  const { made, folder } = await shared(STATISTICS, undefined);
  expect(made.sliced?.parts[0]?.reads?.map(({ path }) => path)).toEqual(["a.log"]);
  expect(readdirSync(folder).sort()).toEqual(["a.log", "b.log", "pass-0.log"]);
});

test("a film whose first pass says more than is read of it is made in one run", async () => {
  const long = (bytes: number): string => STATISTICS.replace(/;\n$/, `${" ".repeat(bytes)};\n`);
  expect((await shared(long(2 ** 10), undefined)).made.sliced).toBeDefined();
  expect((await shared(long(80 * 2 ** 20), undefined)).made.sliced).toBeUndefined();
});

test("a step whose first pass is not one of slices is made in one run", async () => {
  const { made, said } = await shared(
    STATISTICS.replace(
      "type:I dur:2 cpbdur:2 q:28.00 aq:27.10 tex:9000",
      "type:P dur:2 cpbdur:2 q:28.00 aq:27.10 tex:9000",
    ),
    undefined,
  );
  expect(made).toEqual({ name: "encode", args: ["whole"], writes: [], share: 1 });
  expect(said.join()).toContain("in one run");
});
