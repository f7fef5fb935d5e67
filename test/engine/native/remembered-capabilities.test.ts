import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ProgramAbilities,
  rememberAbilities,
} from "../../../src/engine/native/remembered-capabilities.ts";
import { tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(60_000);

const ABILITIES: ProgramAbilities = {
  engine: "native",
  version: "5.1.9",
  encoders: ["libx264"],
  muxers: ["mp4"],
  filters: ["scale"],
  protocols: ["file"],
  options: [],
  deepEncoders: ["libx265"],
  captionEncoders: ["libx265"],
};

/** A program, where it is remembered, and how often it was asked. */
function aProgram() {
  const folder = tempFolder();
  const program = join(folder, "ffmpeg");
  const file = join(folder, "capabilities.json");
  const asked: string[] = [];
  const install = (text: string) => {
    writeFileSync(program, text);
    chmodSync(program, 0o755);
  };
  install("one");
  const remember = (commands = [program]) =>
    rememberAbilities(file, commands, async () => {
      asked.push(program);
      return ABILITIES;
    });
  return { remember, install, asked, file };
}

describe("rememberAbilities", () => {
  test("asks once, and remembers", async () => {
    const { remember, asked } = aProgram();
    expect(await remember()).toEqual(ABILITIES);
    expect(await remember()).toEqual(ABILITIES);
    expect(asked).toHaveLength(1);
  });

  test("asks again when another program is in its place", async () => {
    const { remember, install, asked } = aProgram();
    await remember();
    install("another");
    await remember();
    expect(asked).toHaveLength(2);
  });

  test.each(["", "{}", '{"programs":1}', "[]"])(
    "asks again when what it finds is %p",
    async (text) => {
      const { remember, asked, file } = aProgram();
      await remember();
      writeFileSync(file, text);
      expect(await remember()).toEqual(ABILITIES);
      expect(asked).toHaveLength(2);
    },
  );

  test("remembers nothing of a program that it does not find", async () => {
    const { remember, asked, file } = aProgram();
    await remember(["pontus-has-no-such-program"]);
    await remember(["pontus-has-no-such-program"]);
    expect(asked).toHaveLength(2);
    expect(existsSync(file)).toBe(false);
  });

  test("passes on why they cannot be asked", async () => {
    const { file } = aProgram();
    const failing = rememberAbilities(file, ["ffmpeg"], () =>
      Promise.reject(new Error("not here")),
    );
    expect(await failing.catch((error: Error) => error.message)).toBe("not here");
  });
});
