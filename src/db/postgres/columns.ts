import { bigint, customType } from "drizzle-orm/pg-core";

/** Stands for U+0000, which clients can send in many places and PostgreSQL cannot keep: no text has this by itself, as neither is a character. */
const NUL = "\uFFFE\uFFFF";

/** A text as PostgreSQL keeps it. All values of statements are made so; what `word` columns give is as it was. */
export const kept = (text: string): string => text.replaceAll("\0", NUL);

/** A value of a statement, with all texts in it as PostgreSQL keeps them. */
export const keptValue = (value: unknown): unknown => {
  if (typeof value === "string") return value.includes("\0") ? kept(value) : value;
  return Array.isArray(value) ? value.map(keptValue) : value;
};

/** A text that is ordered by its bytes, as SQLite orders it, whatever the order of the database's own language is. */
export const word = customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
  fromDriver: (text) => text.replaceAll(NUL, "\0"),
});
/** Milliseconds and places: exact in JavaScript up to 2^53. */
export const big = (name = "") => bigint(name, { mode: "number" });
/** The order of creation, which is nearly that of commits. */
export const place = () => big("seq").primaryKey().generatedByDefaultAsIdentity();

/** The greatest number of a column of 32 bits: what is compared with one must not be greater. */
export const INTEGER_MAX = 2_147_483_647;
