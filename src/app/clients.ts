import { getLogger } from "@logtape/logtape";
import { type Config, ConfigError } from "../config/config.ts";
import { firstClient } from "../config/credentials.ts";
import { KEYS } from "../config/keys.ts";
import { secretKey, wrongSecretKey } from "../config/secret-key.ts";
import { using } from "../config/using.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { areKeysSealed, SqliteClientStore } from "../store/clients.ts";
import { KeySeal } from "../store/key-seal.ts";
import type { ClientStore } from "../store/store.ts";

const log = getLogger(["pontus"]);

/**
 * Opens the store of clients, with the key that their private keys are encrypted with, and adds those of the config.
 *
 * @throws {ConfigError} if that key is missing or another one, or no client can be made
 */
export async function openClients(config: Config, database: Database): Promise<SqliteClientStore> {
  const isInUse = await areKeysSealed(database);
  const clients = await openSealed(
    config,
    isInUse,
    (seal) => new SqliteClientStore(database, seal),
  );
  await seedClients(config, clients);
  return clients;
}

/** A store whose private keys are encrypted. */
type SealedStore = ClientStore & Pick<SqliteClientStore, "canOpen" | "sealAll">;

/**
 * Opens a store of clients with the secret key.
 *
 * @param isInUse - whether private keys are encrypted with one already
 * @throws {ConfigError} if it is missing or another one
 */
export async function openSealed<T extends SealedStore>(
  config: Config,
  isInUse: boolean,
  open: (seal: KeySeal) => T,
): Promise<T> {
  const key = await using("dataFolder", config.dataFolder, () => secretKey(config, isInUse));
  const clients = open(new KeySeal(key));
  if (!(await clients.canOpen())) throw wrongSecretKey(config);
  await clients.sealAll();
  return clients;
}

/** Why the private keys in a database of this version cannot be decrypted; undefined if they can. Nothing is written. */
export async function keysProblem(config: Config): Promise<string | undefined> {
  const database = openDatabase(config.databasePath);
  try {
    if (!(await areKeysSealed(database))) return undefined;
    const clients = new SqliteClientStore(database, new KeySeal(secretKey(config, true)));
    return (await clients.canOpen()) ? undefined : wrongSecretKey(config).message;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  } finally {
    database.close();
  }
}

/** Why a private key of a fleet's database cannot be decrypted; undefined if it can. */
export function sealedProblem(
  config: Config,
  { privateKey, clientCode }: { readonly privateKey: string; readonly clientCode: string },
): string | undefined {
  try {
    const seal = new KeySeal(secretKey(config, true));
    return seal.open(privateKey, clientCode) === undefined
      ? wrongSecretKey(config).message
      : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Refuses watched folders that can never work. @throws {ConfigError} where there is no disk, or no such client */
export async function refuseWatches(
  { disk, watches }: Config,
  clients: Pick<ClientStore, "byCode">,
): Promise<void> {
  const { env } = KEYS.watches;
  if (disk === "no" && watches.length > 0)
    throw new ConfigError([`Cannot use ${env}: there is no disk`]);
  const problems: string[] = [];
  for (const [at, { clientCode }] of watches.entries())
    if (!(await clients.byCode(clientCode)))
      problems.push(
        `Cannot use ${env}: watch ${at + 1}: client "${clientCode}" is none of ${KEYS.clients.env}, and was not added`,
      );
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Adds the clients of the config; where there are none at all, one is made. @throws {ConfigError} if that cannot be */
export async function seedClients(config: Config, clients: ClientStore): Promise<void> {
  if (config.clients.length > 0) return clients.seed(config.clients);
  if ((await clients.count()) > 0) return;
  if (config.disk === "no")
    throw new ConfigError([
      "Cannot make a client, as its keys cannot be written to a file here: name one in PONTUS_CLIENTS",
    ]);
  const { client, path, isNew } = firstClient(config.dataFolder);
  await clients.seed([client]);
  if (isNew)
    log.warn("No client is configured: made client {code}, its keys are in {path}", {
      code: client.clientCode,
      path,
    });
}
