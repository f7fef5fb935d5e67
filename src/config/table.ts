import { KEYS } from "./keys.ts";

/** The keys as a Markdown table for docs/configuration.md: key, default, what is allowed, what it means. */
export function configTable(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = Object.values(KEYS).map(({ env, fallback, shown, allowed, about }) =>
    [`\`${env}\``, shown ?? `\`${fallback}\``, allowed, about].map(cell),
  );
  return [["key", "default", "allowed", "meaning"], ["---", "---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const BEGIN = "<!-- config:begin -->";
const END = "<!-- config:end -->";

/** A document with the table between its two markers replaced; undefined if it has no such markers. */
export function withConfigTable(document: string): string | undefined {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return `${document.slice(0, begin + BEGIN.length)}\n${configTable()}\n${document.slice(end)}`;
}
