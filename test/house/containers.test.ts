import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { CONTAINERS } from "../../src/profile/containers.ts";

/** They know containers by name: the table, and what reads names of profiles. */
const KNOWING = ["profile/containers.ts", "profile/profile-name.ts"];

const NAME = `"(?:${CONTAINERS.join("|")})"`;
/** What else ends in these words is a container, too: `product.container`, `RECORDING_CONTAINER`. */
const CONTAINER = String.raw`\b\w*[cC]ontainer(?:\(.*?\))?\)?`;

/** How a container is asked by its name what the table should say: each with a line that it must catch. */
const QUESTIONS = [
  {
    says: "a comparison",
    asks: new RegExp(
      `${CONTAINER}\\s*[!=]==?\\s*${NAME}|${NAME}\\s*[!=]==?\\s*[\\w.]*${CONTAINER}`,
    ),
    caught: 'if (product.container === "jpg") return;',
  },
  {
    says: "a list of some",
    asks: /\b(Container|Written)\[\]\s*=\s*\[\s*"|\bSet<(Container|Written)>\(\[/,
    caught: 'const EDITED: readonly Written[] = ["mp4", "mov"];',
  },
  {
    says: "a list on the way",
    asks: new RegExp(
      `\\[\\s*(?:${NAME},?\\s*)+\\]\\.(includes|some|indexOf)\\(|\\.has\\(${NAME}\\)`,
    ),
    caught: 'const isSet = ["dash", "cmaf"].includes(rendition.container);',
  },
  {
    says: "a second table",
    asks: /\bRecord<\s*(Container|Written)\b/,
    caught: "const MUXERS: Partial<Record<Container, string>> = {};",
  },
  {
    says: "a switch",
    asks: new RegExp(`switch \\((?:\\w+\\.)*${CONTAINER}\\)`),
    caught: "switch (product.container) {",
  },
] as const;

const FILES = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !KNOWING.includes(file),
);

describe("containers", () => {
  test.each(QUESTIONS)("are asked through their table, not by $says", ({ asks }) => {
    const asking = FILES.filter((file) => asks.test(readFileSync(`src/${file}`, "utf8")));
    expect(asking).toEqual([]);
  });

  test.each(QUESTIONS)("are seen where they are asked by $says", ({ asks, caught }) => {
    expect(caught).toMatch(asks);
  });
});
