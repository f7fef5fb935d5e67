import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Client } from "../store/store.ts";
import { clientsSchema } from "./clients.ts";
import { ConfigError } from "./config.ts";
import { writeNew } from "./own-files.ts";

const FILE = "credentials.json";

/** The client of the first start, and the file that holds its keys. */
export type Credentials = {
  readonly client: Client;
  readonly path: string;
  readonly isNew: boolean;
};

/**
 * The client of a service that was configured with none: made with random keys at the first start, and kept in `credentials.json`
 * in the data folder, readable by its owner alone.
 *
 * @throws {ConfigError} if the file does not hold what was written there; the system's error if it can be neither read nor made
 */
export function firstClient(dataFolder: string): Credentials {
  const path = join(dataFolder, FILE);
  mkdirSync(dataFolder, { recursive: true });
  const content = {
    client_code: "default",
    public_key: randomBytes(16).toString("hex"),
    private_key: randomBytes(32).toString("hex"),
    webhook_secrets: [`whsec_${randomBytes(32).toString("base64")}`],
    // Whoever can read the file can read the database, too.
    admin: true,
  };
  const isNew = writeNew(path, `${JSON.stringify(content, undefined, 2)}\n`);
  const text = readFileSync(path, "utf8").trim();
  // Read only as JSON. `PONTUS_CLIENTS` may also be a path; here it may not.
  const read = v.safeParse(clientsSchema, /^[[{]/.test(text) ? text : "{");
  const client = read.success ? read.output[0] : undefined;
  if (!client)
    throw new ConfigError([
      `Cannot use ${JSON.stringify(path)}: it holds no client; remove it, and one with new keys is made`,
    ]);
  return { client, path, isNew };
}
