import { sealedProblem } from "../../app/clients.ts";
import { loadFleet } from "../../app/load-fleet.ts";
import { type Config, ConfigError } from "../../config/config.ts";
import { shownDatabase } from "../../config/fleet/fleet-keys.ts";
import { KEYS } from "../../config/keys.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { type Finding, ok, problem } from "./finding.ts";
import { secretKeyFinding } from "./secret-key.ts";

const CHECK = "database";
const { env } = KEYS.databasePath;

/** What to do about what a server or the system says, by its code. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^28/, `set the user and the password of ${env} to those that the server knows`],
  [
    /^3D000$/,
    "make the database: createdb, or CREATE DATABASE; its tables are made by the first start",
  ],
  [/^42501$/, "let this user use the database and make tables in it"],
  [/^53300$/, "let the server take more connections (max_connections), or stop what holds them"],
  [/^57P0/, "the server is being started or stopped: try again"],
];
const UNREACHABLE = `start the server, or set ${env} to its host and port; firewalls may be in between`;

/** Whether the PostgreSQL server of a fleet can be used, and the keys in it decrypted. Nothing of it is changed. */
export async function serverFindings(config: Config): Promise<readonly Finding[]> {
  const { databaseUrl: url = "" } = config;
  const shown = JSON.stringify(shownDatabase(url));
  try {
    const { server, schema, sealed } = await (await loadFleet()).inspectPostgres(url);
    if (schema === "newer")
      return [
        problem(
          CHECK,
          `A newer version of Pontus made the tables of ${shown}`,
          "start that version on all nodes, or restore a backup of before the upgrade (docs/fleet.md)",
        ),
      ];
    const tables = {
      none: "its tables are made at the first start",
      older: "its tables are of an older version, and are upgraded at the next start",
      current: "its tables are there",
      ahead: "a newer version has brought its tables up to date, and this one goes on beside it",
    }[schema];
    const answers = ok(CHECK, `${shown} answers, PostgreSQL ${server}: ${tables}`);
    return sealed ? [answers, secretKeyFinding(sealedProblem(config, sealed))] : [answers];
  } catch (error) {
    if (error instanceof ConfigError)
      return [problem(CHECK, error.message, "docs/fleet.md says how a fleet is set up")];
    const code = errnoOf(error) ?? "";
    const advice = ADVICE.find(([known]) => known.test(code))?.[1] ?? UNREACHABLE;
    return [problem(CHECK, `Cannot use ${shown}: ${(error as Error).message || code}`, advice)];
  }
}
