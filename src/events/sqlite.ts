import type { Database } from "../db/database.ts";
import { type FeedOptions, LogFeed } from "./feed.ts";
import { SqliteLogReader } from "./log-reader.ts";

/** The log in SQLite: commits of this process are told at once, those of others are looked for. */
export class SqliteEventFeed extends LogFeed {
  constructor(database: Database, options: FeedOptions) {
    super(new SqliteLogReader(database), options);
  }
}
