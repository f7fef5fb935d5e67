import { describe, expect, test } from "bun:test";
import { decideOutput } from "../../src/plan/decide/output-decision.ts";
import { forecast } from "../../src/plan/forecast.ts";
import {
  aboutInput,
  type FurtherFile,
  furtherInputsOf,
  inputNumberOf,
} from "../../src/plan/further.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { stepsOf } from "../../src/plan/steps.ts";
import { tell } from "../../src/plan/tell.ts";
import { TaskError } from "../../src/task/errors.ts";
import { aCapabilities, aMedia, aRendition } from "./builders.ts";

const media = aMedia();
const capabilities = aCapabilities();
const picture: FurtherFile = {
  ...{ kind: "picture", name: "the watermark", url: "logo.png", file: "side-0" },
  media: { format: "png_pipe", streams: [] },
};
const text: FurtherFile = {
  ...{ kind: "subtitles", name: "subtitles[0]", url: "a.srt", file: "side-1" },
  media: { format: "srt", streams: [] },
};
const further = [picture, text];
const assignment = { rendition: aRendition(), targets: [0] };

describe("a plan with inputs beside its source", () => {
  test("names them as data, and tells of them, and reads none where no output does", () => {
    const request = { assignments: [assignment], tag: "t" };
    const plan = planTask({ ...request, further }, media, capabilities);
    expect(plan.inputs).toEqual([
      { kind: "picture", name: "the watermark", file: "side-0", format: "png_pipe" },
      { kind: "subtitles", name: "subtitles[0]", file: "side-1", format: "srt" },
    ]);
    expect({ ...plan, inputs: undefined }).toEqual({
      ...planTask(request, media, capabilities),
      inputs: undefined,
    });
    expect(tell(forecast(plan, media, capabilities), media)).toContain(
      "side-0 is the watermark, and is png_pipe",
    );
  });

  test("reads all of them behind the source, and opens nothing else by them, where an output reads one", () => {
    const source = { media, clip: undefined, further, capabilities };
    const plain = decideOutput(assignment, 0, source);
    const input = { ...{ media, clip: undefined, further }, tag: "t", slices: 2 };
    const reading = { ...plain, reads: ["side-1"] };
    const [step] = stepsOf([reading], input);
    const args = step?.args ?? [];
    const guards = (format: string) => [
      ...["-protocol_whitelist", "file", "-format_whitelist", format, "-f", format],
    ];
    const at = args.indexOf("input");
    const beside = [...guards("png_pipe"), "-i", "side-0", ...guards("srt"), "-i", "side-1"];
    expect(args.slice(at + 1, at + 1 + beside.length)).toEqual(beside);
    const numbers = further.map(({ file }) => inputNumberOf(further, file));
    const inputs = args.filter((_, index) => args[index - 1] === "-i");
    expect(numbers.map((number) => inputs[number])).toEqual(["side-0", "side-1"]);
    expect(step?.whole).toBe("it reads more than its source");
    const [unread] = stepsOf([plain], input);
    expect(unread?.args).not.toContain("side-1");
  });
});

describe("furtherInputsOf", () => {
  test("takes all sources but the first, which is the task's own", () => {
    const extras = { sources: [{ url: "a" }, { url: "b" }, { url: "c" }] };
    expect(furtherInputsOf({ assignments: [assignment], extras })).toEqual([
      { kind: "source", url: "b", name: "sources[1]", path: "sources[1].source_url" },
      { kind: "source", url: "c", name: "sources[2]", path: "sources[2].source_url" },
    ]);
    expect(furtherInputsOf({ assignments: [assignment] })).toEqual([]);
  });
});

describe("aboutInput", () => {
  const input = { name: "the watermark", url: "http://ada:secret@host/logo.png" };
  test.each([
    ["Cannot read the source: it is a folder", "it is a folder"],
    ['Cannot read the source "http://a/b: c.png": it is gone', "it is gone"],
    ['Cannot use the address "file:/x\\"y": it lies outside', "it lies outside"],
    ["Cannot use the address: it names a port", "it names a port"],
    ['Cannot connect to "host": it is refused', "it is refused"],
    ["Cannot fetch the source: there is no room", "there is no room"],
  ])("says of %s which input it is about", (message, why) => {
    const error = aboutInput(new TaskError("source_missing", message), input);
    expect(error).toMatchObject({
      code: "source_missing",
      message: `Cannot read the watermark at "http://***@host/logo.png": ${why}`,
    });
  });

  test("leaves what is about something else", () => {
    const error = new TaskError("encoder_killed", "Cannot probe: SIGKILL ended ffprobe");
    expect(aboutInput(error, input)).toBe(error);
    const foreign = new Error("other");
    expect(aboutInput(foreign, input)).toBe(foreign);
  });
});
