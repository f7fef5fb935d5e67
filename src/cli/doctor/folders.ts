import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { KEYS } from "../../config/keys.ts";
import { reportDisks } from "../../disk/report.ts";
import { permissionNeeded } from "../../lib/permission.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** The folder itself, or the nearest above it that is there. */
function nearest(folder: string): string {
  const above = dirname(folder);
  return existsSync(folder) || above === folder ? folder : nearest(above);
}

const whyOf = (error: unknown): string => permissionNeeded(error) ?? (error as Error).message;

/** Why nothing can be made in a folder, or in the nearest above it. Tried, as rights alone do not tell of disks that are read-only. */
function whyNotWritable(folder: string): string | undefined {
  try {
    const made = mkdtempSync(join(nearest(folder), ".pontus-doctor-"));
    rmSync(made, { recursive: true });
    return undefined;
  } catch (error) {
    return whyOf(error);
  }
}

/** Whether the service can keep its things. @param isPermitted - whether Deno lets it write there */
export function dataFolderFinding({ dataFolder, disk }: Config, isPermitted: boolean): Finding {
  const check = "data folder";
  if (!isPermitted && disk !== "yes")
    return warning(
      check,
      `There is no disk, as Deno needs --allow-write=${dataFolder} for one: tasks are kept in memory`,
      "docs/hosting.md says what that means",
    );
  if (disk === "no") return ok(check, `${KEYS.disk.env} is no: nothing is written`);
  const shown = JSON.stringify(dataFolder);
  const found = statSync(nearest(dataFolder), { throwIfNoEntry: false });
  const set = `set ${KEYS.dataFolder.env} to a folder that this user may write`;
  if (found && !found.isDirectory())
    return problem(check, `${JSON.stringify(nearest(dataFolder))} is a file and no folder`, set);
  const why = whyNotWritable(dataFolder);
  if (why !== undefined)
    return problem(check, `Cannot write to ${shown}: ${why}`, `${set}, or give this one to it`);
  return ok(
    check,
    existsSync(dataFolder) ? `${shown} can be written` : `${shown} is made at the first start`,
  );
}

/** Whether sources can be read and targets written. */
export const mediaFindings = ({ mediaRoots, disk }: Config): readonly Finding[] =>
  disk === "no" ? [] : mediaRoots.map(mediaFinding);

function mediaFinding(root: string): Finding {
  const check = "media folder";
  const shown = JSON.stringify(root);
  const set = `set ${KEYS.mediaRoots.env} to folders that this user may use`;
  const found = statSync(nearest(root), { throwIfNoEntry: false });
  if (found && !found.isDirectory())
    return problem(check, `${JSON.stringify(nearest(root))} is a file and no folder`, set);
  const why = whyNotWritable(root);
  if (!existsSync(root))
    return why === undefined
      ? ok(check, `${shown} is made at the first start`)
      : problem(check, `Cannot make ${shown}: ${why}`, set);
  try {
    readdirSync(root);
  } catch (error) {
    return problem(check, `Cannot read ${shown}: ${whyOf(error)}`, set);
  }
  if (why === undefined) return ok(check, `${shown} can be read and written`);
  return warning(
    check,
    `Cannot write to ${shown}: ${why}`,
    "it holds sources alone, or give it to this user",
  );
}

/** Whether watched folders can be looked into. Their fields were judged with the configuration. */
export const watchFindings = ({ watches, disk }: Config): readonly Finding[] =>
  watches.map(({ folder, target }) => {
    const check = "watched folder";
    const shown = JSON.stringify(folder);
    const set = `make it, mount it, or change ${KEYS.watches.env}`;
    if (disk === "no") return problem(check, `Cannot watch ${shown}: there is no disk`, set);
    try {
      readdirSync(folder);
    } catch (error) {
      return problem(check, `Cannot look into ${shown}: ${whyOf(error)}`, set);
    }
    return ok(check, `${shown} can be looked into: its files become ${JSON.stringify(target)}`);
  });

/** Whether the disks of the service have room. */
export async function diskFinding(config: Config): Promise<Finding> {
  const check = "disk";
  const { dataFolder, databasePath, freeBytesMin, disk } = config;
  if (disk === "no") return ok(check, "nothing is written to one");
  const folders = databasePath === ":memory:" ? [] : [dirname(databasePath)];
  const places = [
    { name: "the data folder", path: nearest(dataFolder) },
    ...folders
      .filter((folder) => folder !== dataFolder)
      .map((folder) => ({ name: "the database", path: nearest(folder) })),
  ];
  const { state, detail } = await reportDisks(places, freeBytesMin);
  if (state === "ample") return ok(check, detail);
  return problem(
    check,
    detail,
    `make room, or set ${KEYS.dataFolder.env} to a larger disk: no task is taken up with less`,
  );
}
