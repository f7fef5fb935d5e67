import { fileURLToPath } from "node:url";
import packageJson from "../package.json" with { type: "json" };
import { isObject, type Json } from "../src/http/document/shared-parts.ts";
import { openApiDocument } from "../src/http/openapi.ts";
import { provideTypeScript5 } from "./typescript-5.ts";

// Writes the TypeScript client anew, or into the folder that is given.

provideTypeScript5();
const { createClient } = await import("@hey-api/openapi-ts");

const VERSION_PARAMETER = "#/components/parameters/Version";

/** The description for callers of v1 alone, who need not say so in every call. */
function ofVersion1(document: Record<string, Json>): Record<string, Json> {
  const { paths, components } = document;
  if (!isObject(paths) || !isObject(components) || !isObject(components["parameters"]))
    throw new Error("Cannot write the client: the description of the API has no shared parameters");
  const { Version: _, ...parameters } = components["parameters"];
  return {
    ...document,
    paths: JSON.parse(
      JSON.stringify(paths, (_key, value) =>
        Array.isArray(value) ? value.filter((one) => one?.$ref !== VERSION_PARAMETER) : value,
      ).replaceAll('"/api/v{version}/', '"/api/v1/'),
    ),
    components: { ...components, parameters },
  };
}

await createClient({
  input: ofVersion1(openApiDocument(packageJson.version)),
  output: {
    path:
      process.argv[2] ??
      fileURLToPath(new URL("../clients/typescript/src/generated", import.meta.url)),
    module: { extension: ".ts" },
    header: ["// Generated from openapi.yaml by `bun run client`."],
  },
  plugins: [
    "@hey-api/client-fetch",
    "@hey-api/typescript",
    {
      name: "@hey-api/sdk",
      operations: { strategy: "single", containerName: "PontusApi", methods: "instance" },
    },
  ],
  logs: { level: "warn", file: false },
});
