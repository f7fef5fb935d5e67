import { availableParallelism } from "node:os";
import { type Config, ConfigError } from "../../config/config.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { permissionNeeded } from "../../lib/permission.ts";
import { findService } from "../calls/credentials.ts";
import type { CallOptions, Context } from "../context.ts";
import { databaseFindings } from "./database.ts";
import { engineFindings } from "./engine.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { dataFolderFinding, diskFinding, mediaFindings, watchFindings } from "./folders.ts";
import { askService, clockFinding, credentialFindings, portFinding } from "./service.ts";
import { sliceStoreFindings } from "./slice-store.ts";

/** Looks at everything that a service and its callers need here. Nothing is changed. */
export async function examine(
  { env, runtime }: Pick<Context, "env" | "runtime">,
  options: CallOptions,
): Promise<readonly Finding[]> {
  const system = `${runtime.name} ${runtime.version} on ${process.platform} ${process.arch}, ${availableParallelism()} cores`;
  const first = ok("runtime", system);
  const read = readConfig(env);
  if ("findings" in read) return [first, ...read.findings];
  const isPermitted = runtime.mayWrite(read.config.dataFolder);
  const { disk: wanted } = read.config;
  // As the service settles it.
  const disk = wanted === "auto" && !isPermitted ? "no" : wanted;
  const config: Config = { ...read.config, disk };
  const running = await askService(findService(options.url, env));
  const checks: readonly (readonly [string, () => Findings | Promise<Findings>])[] = [
    ["engine", () => engineFindings(config)],
    ["data folder", () => [dataFolderFinding(config, isPermitted)]],
    ["media folder", () => mediaFindings(config)],
    ["watched folder", () => watchFindings(config)],
    ["disk", async () => [await diskFinding(config)]],
    ["database", () => databaseFindings(config)],
    ["slice store", () => sliceStoreFindings(config)],
    ["port", async () => [await portFinding(config, running)]],
    ["service", () => running?.findings ?? [ok("service", "none runs")]],
    ["clock", () => [clockFinding(config, running, Date.now())]],
    ["credentials", () => credentialFindings(config, env, options, running)],
  ];
  const found: Finding[] = [first, ...read.warnings, ok("configuration", "every key can be used")];
  for (const [name, look] of checks) found.push(...(await unlessRefused(name, look)));
  return found;
}

type Findings = readonly Finding[];

/** One part that cannot be looked at does not keep the others from it. */
async function unlessRefused(
  check: string,
  look: () => Findings | Promise<Findings>,
): Promise<Findings> {
  try {
    return await look();
  } catch (error) {
    const why = permissionNeeded(error) ?? (error instanceof Error ? error.message : String(error));
    return [problem(check, `Cannot look at it: ${why}`, "let this user, or Deno, read it")];
  }
}

type Read = { readonly config: Config; readonly warnings: readonly Finding[] };

function readConfig(env: Context["env"]): Read | { readonly findings: readonly Finding[] } {
  const check = "configuration";
  const advice = "docs/configuration.md has every key";
  try {
    const { config, warnings } = parseConfig(env, { cores: availableParallelism() });
    return { config, warnings: warnings.map((text) => warning(check, text, advice)) };
  } catch (error) {
    const needed = permissionNeeded(error);
    if (needed !== undefined)
      return {
        findings: [problem(check, needed, "docs/hosting.md has the permissions that Deno needs")],
      };
    if (!(error instanceof ConfigError)) throw error;
    const next = `${advice}; the rest is looked at when every key can be used`;
    return { findings: error.problems.map((text) => problem(check, text, next)) };
  }
}

const INDENT = " ".repeat(9);

/** Findings as a person reads them, and how many of them are not well. */
export function findingsText(findings: readonly Finding[]): string {
  const MARKS = { ok: "ok", warning: "WARNING", problem: "PROBLEM" } as const;
  const lines = findings.flatMap(({ check, state, detail, advice }) => [
    `${MARKS[state].padEnd(8)} ${check.padEnd(14)} ${detail}`,
    ...(advice === undefined ? [] : [`${INDENT}-> ${advice.replaceAll("\n", `\n${INDENT}`)}`]),
  ]);
  const count = (wanted: Finding["state"], name: string): readonly string[] => {
    const { length } = findings.filter(({ state }) => state === wanted);
    return length === 0 ? [] : [`${length} ${name}${length === 1 ? "" : "s"}`];
  };
  const counted = [...count("problem", "problem"), ...count("warning", "warning")].join(", ");
  return `${lines.join("\n")}\n\n${counted || "No problem was found"}\n`;
}
