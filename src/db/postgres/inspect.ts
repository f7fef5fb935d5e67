import pg from "pg";
import { STANDING } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.gen.ts";

/** How long the server may take to answer. */
const ANSWER_MS_MAX = 5_000;

const SEALED = `select client_code as "clientCode", private_key as "privateKey" from clients where is_sealed limit 1`;

/** How the schema of a database stands to that of this program, which can use one that is ahead, and none that is newer. */
export type SchemaState = "none" | "older" | "current" | "ahead" | "newer";

/** What a database says of itself. */
type Inspected = {
  readonly server: string;
  readonly schema: SchemaState;
  /** One of the private keys in it, encrypted; absent where there is none, or the schema is of another version. */
  readonly sealed?: { readonly clientCode: string; readonly privateKey: string };
};

function stateOf({ version = 0, oldest = 0 } = {}): SchemaState {
  const known = MIGRATIONS.length;
  if (version === known) return "current";
  if (version < known) return "older";
  return oldest > known ? "newer" : "ahead";
}

/** Looks at a database, and changes nothing. @throws why it cannot be looked at, as the server or the system says */
export async function inspectPostgres(url: string): Promise<Inspected> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "pontus doctor",
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  // Told by what waits for it.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query(
      "select current_setting('server_version') as server, to_regclass('pontus_schema') is not null as is_there",
    );
    const { server, is_there: isThere } = rows[0] as { server: string; is_there: boolean };
    if (!isThere) return { server, schema: "none" };
    const { rows: standings } = await client.query(STANDING);
    const schema = stateOf(standings[0]);
    if (schema === "older" || schema === "newer") return { server, schema };
    const { rows: keys } = await client.query(SEALED);
    return { server, schema, ...(keys[0] && { sealed: keys[0] }) };
  } finally {
    await client.end().catch(() => {});
  }
}
