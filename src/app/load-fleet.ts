import packageJson from "../../package.json" with { type: "json" };
import { ConfigError } from "../config/config.ts";

const PACKAGES = packageJson.peerDependencies;

/** Whether an import failed as one of the packages is not there; runtimes say so by one code or another, or by none. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  /(cannot find|could not resolve|not found)/i.test(error.message) &&
  Object.keys(PACKAGES).some((name) => error.message.includes(name));

/**
 * Loads what a fleet is made of: nothing of it is loaded, or has to be installed, on a single machine.
 *
 * @throws {ConfigError} that says which packages are to be installed
 */
export async function loadFleet() {
  try {
    const [{ openFleetStores, openFleetClientsAlone }, { inspectPostgres }] = await Promise.all([
      import("./fleet.ts"),
      import("../db/postgres/inspect.ts"),
    ]);
    return { openFleetStores, openFleetClientsAlone, inspectPostgres };
  } catch (error) {
    if (!isMissing(error)) throw error;
    const names = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
    throw new ConfigError([
      `Cannot use PONTUS_DATABASE_URL: a PostgreSQL server needs packages that are not installed; install them beside Pontus: bun add ${names.join(" ")}`,
    ]);
  }
}
