import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { type FeedOptions, LogFeed } from "./feed.ts";
import { PostgresLogReader } from "./postgres-reader.ts";

/** The log in PostgreSQL: commits of all nodes are told at once, by the server's notices, and looked for where one is lost. */
export class PostgresEventFeed extends LogFeed {
  constructor(database: PostgresDatabase, options: FeedOptions) {
    super(new PostgresLogReader(database), options);
  }
}
