import { readFileSync, writeFileSync } from "node:fs";
import { withConfigTable } from "../src/config/table.ts";

// Writes the table of config keys into the page that has the markers for it.
const page = new URL("../docs/configuration.md", import.meta.url);
const written = withConfigTable(readFileSync(page, "utf8"));
if (written === undefined)
  throw new Error("Cannot write the table of config keys: docs/configuration.md has no markers");
writeFileSync(page, written);
