import type { Config } from "../config/config.ts";
import { closeDataFolder, keepToOwner } from "../config/own-files.ts";
import { using } from "../config/using.ts";
import { openWhenFree } from "../db/database.ts";
import type { ClientStore } from "../store/store.ts";
import { openClients } from "./clients.ts";
import { loadFleet } from "./load-fleet.ts";

/** How long a command waits for another process that holds the database. */
const BUSY_MS = 10_000;

/** The clients of a database that no service of this config has open: made as at a start, with its keys and its client of the config. */
export async function openClientsAlone(
  config: Config,
): Promise<{ readonly clients: ClientStore; readonly close: () => Promise<void> | void }> {
  const { dataFolder, databasePath } = config;
  keepToOwner();
  await using("dataFolder", dataFolder, () => closeDataFolder(config));
  if (config.databaseUrl !== undefined) return (await loadFleet()).openFleetClientsAlone(config);
  const database = await using("databasePath", databasePath, () =>
    openWhenFree(databasePath, { limitMs: BUSY_MS }),
  );
  try {
    return { clients: await openClients(config, database), close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}
