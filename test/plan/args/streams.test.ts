import { describe, expect, test } from "bun:test";
import { chainText, graphArgs, streamsArgs, together } from "../../../src/plan/args/streams.ts";

const VIDEO = {
  kind: "video",
  map: "0:0",
  filters: [{ name: "scale", values: [640, 360], options: { interl: 1 } }],
  codec: "libx264",
  options: [
    ["profile", "high"],
    ["g", "60"],
  ],
  tag: "avc1",
} as const;
const AUDIO = { kind: "audio", map: "[a0]", codec: "copy", language: "eng" } as const;

describe("streamsArgs", () => {
  test("says the kind in a file only for options that both kinds have", () => {
    expect(streamsArgs([VIDEO, AUDIO], false, ["-sn"]).join(" ")).toBe(
      "-map 0:0 -map [a0] -sn -vf scale=640:360:interl=1 -c:v libx264 -profile:v high -g 60 -tag:v avc1 " +
        "-metadata:s:a:0 language=eng -c:a copy",
    );
  });

  test("names the filters of a copied stream's packets for it alone", () => {
    const copied = {
      ...AUDIO,
      kind: "video",
      map: "0:0",
      packetFilters: [{ name: "dump_extra" }],
    } as const;
    const args = (isSet: boolean) => streamsArgs([copied, AUDIO], isSet, []).join(" ");
    expect(args(false)).toContain("-c:v copy -bsf:v dump_extra");
    expect(args(true)).toContain("-c:v:0 copy -bsf:v:0 dump_extra");
  });

  test("says in a set for which stream of its kind each option is", () => {
    expect(streamsArgs([VIDEO, AUDIO, { ...AUDIO, map: "0:1" }], true, []).join(" ")).toBe(
      "-map 0:0 -map [a0] -map 0:1 -filter:v:0 scale=640:360:interl=1 -c:v:0 libx264 -profile:v:0 high -g:v:0 60 " +
        "-tag:v:0 avc1 -metadata:s:a:0 language=eng -c:a:0 copy -metadata:s:a:1 language=eng -c:a:1 copy",
    );
  });
});

describe("graphArgs", () => {
  const chain = (from: string, to: string) =>
    [{ from: [from], filters: [{ name: "asplit" }], to: [to] }] as const;
  const { graphs } = together([
    { stream: VIDEO, chains: chain("0:0", "v0") },
    { stream: AUDIO, chains: chain("0:1", "a0") },
  ]);

  test("makes one graph of each kind, or one of both", () => {
    expect(graphArgs([graphs])).toEqual([
      ...["-filter_complex", "[0:0]asplit[v0]"],
      ...["-filter_complex", "[0:1]asplit[a0]"],
    ]);
    expect(graphArgs([graphs], true)).toEqual([
      "-filter_complex",
      "[0:0]asplit[v0];[0:1]asplit[a0]",
    ]);
    expect(graphArgs([together([])].map((one) => one.graphs))).toEqual([]);
  });
});

test("chainText() escapes the commas of a value, which would end its filter", () => {
  expect(chainText([{ name: "select", values: ["gte(t,1)"] }, { name: "asplit" }])).toBe(
    "select=gte(t\\,1),asplit",
  );
});
