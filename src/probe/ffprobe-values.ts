import * as v from "valibot";

// ffprobe writes most numbers as strings, and what it does not know as "N/A", "unknown", 0/0 or not at all.

/** A number, or nothing. */
export const number = v.fallback(
  v.optional(
    v.pipe(
      v.union([v.number(), v.string()]),
      v.transform((value) => (value === "" ? Number.NaN : Number(value))),
      v.finite(),
    ),
  ),
  undefined,
);

/** A text, or nothing. */
export const text = v.fallback(
  v.optional(
    v.pipe(
      v.string(),
      v.check((value) => value !== "unknown" && value !== "N/A"),
    ),
  ),
  undefined,
);

/** Leaves out what is unknown: absent, not undefined. */
export function known<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
