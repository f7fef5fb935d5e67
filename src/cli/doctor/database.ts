import { existsSync } from "node:fs";
import { keysProblem } from "../../app/clients.ts";
import type { Config } from "../../config/config.ts";
import { inspectDatabase } from "../../db/database.ts";
import { permissionNeeded } from "../../lib/permission.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { secretKeyFinding } from "./secret-key.ts";
import { serverFindings } from "./server.ts";

const RESTORE = "restore a backup (docs/backup.md), or set PONTUS_DATABASE_URL to another file";

/** Whether the database can be used, and the keys in it decrypted. Nothing of it is changed, and an older one is not upgraded. */
export async function databaseFindings(config: Config): Promise<readonly Finding[]> {
  const check = "database";
  const { databasePath: path, databaseUrl } = config;
  if (databaseUrl !== undefined) return serverFindings(config);
  if (path === ":memory:" || config.disk === "no") return [ok(check, "tasks are kept in memory")];
  const shown = JSON.stringify(path);
  if (!existsSync(path)) return [ok(check, `${shown} is made at the first start`)];
  try {
    const { state, detail } = inspectDatabase(path);
    if (state === "older")
      return [ok(check, `${shown} is of an older version, and is upgraded at the next start`)];
    if (state === "newer")
      return [
        problem(
          check,
          `A newer version of Pontus made ${shown}`,
          "start that version, or restore a backup of before the upgrade (docs/backup.md)",
        ),
      ];
    if (state === "damaged") return [problem(check, `${shown} is damaged: ${detail}`, RESTORE)];
    if (state === "held")
      return [
        warning(
          check,
          `Another process holds ${shown}`,
          "calls that write wait for it; if it does not end soon, look for a backup tool or a shell of SQLite: fuser tells its process",
        ),
      ];
    return [ok(check, `${shown} is whole`), secretKeyFinding(await keysProblem(config))];
  } catch (error) {
    const why = permissionNeeded(error) ?? (error as Error).message;
    return [problem(check, `Cannot open ${shown}: ${why}`, RESTORE)];
  }
}
