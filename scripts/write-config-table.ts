import { readFileSync, writeFileSync } from "node:fs";
import { withConfigTable } from "../src/config/table.ts";

// Writes the table of config keys into every README that has the markers for it.
for (const name of ["README.md", "README.zh-CN.md"]) {
  const file = new URL(`../${name}`, import.meta.url);
  const written = withConfigTable(readFileSync(file, "utf8"));
  if (written !== undefined) writeFileSync(file, written);
}
