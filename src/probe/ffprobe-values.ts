import * as v from "valibot";

// ffprobe writes most numbers as strings. For what it does not know it writes "N/A", "unknown" or 0/0, or leaves it out.

/** A number; undefined if unknown. */
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

/** A text; undefined if unknown. */
export const text = v.fallback(
  v.optional(
    v.pipe(
      v.string(),
      v.check((value) => value !== "unknown" && value !== "N/A"),
    ),
  ),
  undefined,
);

/** Leaves out the fields that are undefined. */
export function known<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
