import { writeFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { openApiYaml } from "../src/http/openapi.ts";

writeFileSync(new URL("../openapi.yaml", import.meta.url), openApiYaml(packageJson.version));
