import { bigint, customType } from "drizzle-orm/pg-core";

/** Ordered by its bytes, as SQLite orders it, whatever the order of the database's own language is. */
export const word = customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
});
/** Milliseconds and places: exact in JavaScript up to 2^53. */
export const big = (name = "") => bigint(name, { mode: "number" });
/** The order of creation, which is nearly that of commits. */
export const place = () => big("seq").primaryKey().generatedByDefaultAsIdentity();
/** A transaction's number, 64 bits. */
export const transaction = customType<{ data: string }>({ dataType: () => "xid8" });
