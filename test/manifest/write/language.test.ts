import { expect, test } from "bun:test";
import {
  languageCode,
  languageTag,
  primaryLanguage,
} from "../../../src/manifest/write/language.ts";

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

test.each([
  ["eng", "en", "eng"],
  ["en-US", "en", "eng"],
  ["EN", "en", "eng"],
  ["ger", "de", "deu"],
  ["fre", "fr", "fra"],
  ["haw", "haw", "haw"],
  ["zh-Hant-TW", "zh", "zho"],
])("primaryLanguage and languageCode call %s %s and %s", (language, primary, code) => {
  expect(primaryLanguage(language)).toBe(primary);
  expect(languageCode(language)).toBe(code);
});
