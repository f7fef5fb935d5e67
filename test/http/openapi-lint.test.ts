import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectral, { type RulesetDefinition } from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";
import { parse } from "yaml";

const FILE = "openapi.yaml";
const source = readFileSync(FILE, "utf8");

/** What Redocly's recommended rules find in a description. */
async function redoclyFinds(text: string): Promise<readonly string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: text, absoluteRef: FILE, config });
  return problems.map(({ ruleId, message, location }) =>
    [ruleId, message, location[0]?.pointer].join(": "),
  );
}

/** What Spectral's recommended rules find in a description. */
async function spectralFinds(text: string): Promise<readonly string[]> {
  const linter = new spectral.Spectral();
  // Their own types of a rule set do not fit together.
  const oas = rulesets.oas as unknown as RulesetDefinition;
  linter.setRuleset({ extends: [[oas, "recommended"]] });
  const found = await linter.run(parse(text));
  return found.map(({ code, message, path }) => [code, message, path.join("/")].join(": "));
}

/** Each rule set names something that this one lacks. */
const POOR =
  "{openapi: 3.1.0, info: {title: Poor, version: '1'}, servers: [{url: 'https://poor.test'}], paths: {}}";

test.each([
  ["Redocly", redoclyFinds, "info-license"],
  ["Spectral", spectralFinds, "info-contact"],
] as const)("%s's recommended rules find nothing in openapi.yaml", async (_, find, missed) => {
  expect((await find(POOR)).join("\n")).toContain(missed);
  expect(await find(source)).toEqual([]);
});
