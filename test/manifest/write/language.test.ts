import { expect, test } from "bun:test";
import { languageTag } from "../../../src/manifest/write/language.ts";

test.each([
  ["eng", "en"],
  ["ger", "de"],
  ["deu", "de"],
  ["chi", "zh"],
  ["en-us", "en-US"],
  ["haw", "haw"],
])("languageTag calls %s %s", (code, tag) => {
  expect(languageTag(code)).toBe(tag);
});
