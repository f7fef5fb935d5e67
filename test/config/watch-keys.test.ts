import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { ConfigError } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const ROOTS = `${resolve("media")}:${resolve("other")}`;
const parse = (PONTUS_WATCH: string) =>
  parseConfig({ PONTUS_WATCH, PONTUS_MEDIA_ROOTS: ROOTS }, { cores: 1 }).config.watches;

function problemsOf(watch: string): readonly string[] {
  try {
    parse(watch);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const TARGET = "target=out/{dir}{name}.mp4";

describe("PONTUS_WATCH", () => {
  test("names folders, each with its fields", () => {
    const other = `folder=${resolve("other/in")}, target = s3://films/{version}.mp4, client=ada, depth=0, extensions=MOV mxf`;
    expect(parse(`folder=in,profile=small,${TARGET}; ${other};`)).toEqual([
      {
        folder: resolve("media/in"),
        source: "in/",
        clientCode: "default",
        profileName: "small",
        target: "out/{dir}{name}.mp4",
        depth: 8,
        extensions: [],
      },
      {
        folder: resolve("other/in"),
        source: `${resolve("other/in")}/`,
        clientCode: "ada",
        target: "s3://films/{version}.mp4",
        depth: 0,
        extensions: ["mov", "mxf"],
      },
    ]);
  });

  test("may watch a whole root, whose files are named by whole paths then", () => {
    const [watch] = parse(`folder=.,target=${resolve("other")}/{dir}{name}.mp4`);
    expect(watch).toMatchObject({ folder: resolve("media"), source: `${resolve("media")}/` });
  });

  test.each([
    ["in", '"in" is not of the form field=value'],
    ["folder=in,folder=b", 'the field "folder" is there twice in one watch'],
    [`folder=in,${TARGET},targt=a`, "watch 1: targt is no field of a watch"],
    [`${TARGET}`, "watch 1: folder is missing"],
    [`folder=in,${TARGET}; folder=in`, "watch 2: target is missing"],
    [`folder=in,${TARGET},depth=33`, "watch 1: depth must be a whole number from 0 to 32"],
    [`folder=in,${TARGET},extensions=.mov`, "watch 1: extensions must be extensions without dots"],
    [`folder=in,target=out/{name}.mp4`, "watch 1: target lacks {dir}"],
    [
      `folder=../in,${TARGET}`,
      `watch 1: folder "${resolve("in")}" is in no folder of PONTUS_MEDIA`,
    ],
    [`folder=in,target=/srv/{dir}{name}`, 'watch 1: target lies in "/srv", which is in no folder'],
    ["folder=in,target=in/{dir}{name}.mp4", "and that is in the watched folder"],
    ["folder=in,target=in/out/{dir}{name}.mp4", "and that is in the watched folder"],
    ["folder=in,target={dir}{name}.mp4", "and that may be in the watched folder"],
    [`folder=in,target=file://${resolve("media/in")}/{version}.mp4`, "that is in the watched"],
    [`folder=in,${TARGET};folder=b,target=in/{dir}{name}`, "watch 2: target lies in"],
    [
      `folder=in,${TARGET};folder=b,target=out/{dir}/{name}.mp4`,
      "watch 2: target is that of another",
    ],
    [
      Array.from({ length: 33 }, (_, at) => `folder=${at},target=o/{version}${at}`).join(";"),
      "more than 32",
    ],
  ])("refuses %s", (watch, problem) => {
    expect(problemsOf(watch).join("\n")).toContain(problem);
    expect(problemsOf(watch)[0]).toStartWith("Cannot use PONTUS_WATCH: ");
  });

  test("refuses to watch the data folder", () => {
    const env = { PONTUS_DATA_DIR: "media/data", PONTUS_WATCH: `folder=data,${TARGET}` };
    expect(() => parseConfig(env, { cores: 1 })).toThrow("holds the data folder, or lies in it");
  });

  test("shows no secret of an address", () => {
    expect(problemsOf("https://me:secret@host/x").join()).not.toContain("secret");
  });
});
