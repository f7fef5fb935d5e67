import { expect, test } from "bun:test";
import { joinParts, joinSpans } from "../../src/plan/join.ts";
import { aMedia } from "./builders.ts";

test("joinSpans lists them in their order, and copies their streams alone", () => {
  const spans = ["span-0.mp4", "span-1.mp4"].map((name) => ({ name, media: aMedia() }));
  const { step, text } = joinSpans(spans, "spans.txt", "joined.mp4");
  expect(text).toBe("ffconcat version 1.0\nfile span-0.mp4\nfile span-1.mp4\n");
  expect(step.args.join(" ")).toBe(
    "-f concat -i spans.txt -map 0 -sn -dn -map_metadata -1 -map_chapters -1 -c copy -f mp4 joined.mp4",
  );
  expect(step.writes).toEqual(["joined.mp4"]);
});

test("joinSpans refuses spans of other streams", () => {
  const { audio: _, ...silent } = aMedia();
  const spans = [aMedia(), silent].map((media, at) => ({ name: `span-${at}.mp4`, media }));
  expect(() => joinSpans(spans, "spans.txt", "joined.mp4")).toThrow("differ in codec or size");
});

test("joinParts keeps everything that the parts of a recording hold", () => {
  const { step, text } = joinParts(["part-00000.mp4"], "input", "joined.mp4");
  expect(text).toBe("ffconcat version 1.0\nfile part-00000.mp4\n");
  expect(step.args.join(" ")).toBe("-f concat -i input -map 0 -c copy -f mp4 joined.mp4");
});
