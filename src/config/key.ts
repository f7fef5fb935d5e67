import * as v from "valibot";

/** One key of the environment, as data for the parser, the table in docs/configuration.md and every message. */
export type Key<T> = {
  readonly env: string;
  /** The text that is used for an absent or empty value. */
  readonly fallback: string;
  /** What that table shows instead of it. */
  readonly shown?: string;
  /** What the value may be, with its unit: the end of the message about a wrong value. */
  readonly allowed: string;
  readonly about: string;
  /** The value never appears in a message. */
  readonly isSecret?: true;
  /** The message says which part of the value is wrong, by the path and the message of the schema. */
  readonly tellsParts?: true;
  readonly schema: v.GenericSchema<string, T>;
};

const wholeNumber = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/),
    v.transform(Number),
    v.minValue(least),
    v.maxValue(most),
  );

/** A schema of numbers, and the part of a sentence that says which are allowed. */
export const count = (least: number, most: number, unit = "") => ({
  schema: wholeNumber(least, most),
  allowed: `a whole number${unit && ` of ${unit}`} from ${least} to ${most}`,
});

/** Given in seconds, held in ms. */
export const seconds = (least: number, most: number) => ({
  schema: v.pipe(
    wholeNumber(least, most),
    v.transform((value) => value * 1000),
  ),
  allowed: `a whole number of seconds from ${least} to ${most}`,
});

const DAY_MS = 86_400_000;

/** Given in days, held in ms. */
export const days = (least: number, most: number) => ({
  schema: v.pipe(
    wholeNumber(least, most),
    v.transform((value) => value * DAY_MS),
  ),
  allowed: `a whole number of days from ${least} to ${most}`,
});

/** A choice of words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) => ({
  schema: v.picklist(values) as v.GenericSchema<string, T[number]>,
  allowed: values.join(", "),
});

/** Keys of those who call the service: where it is, and who they are. It reads none of them itself, and may find them in its environment. */
export const CALLER_KEYS = { url: "PONTUS_URL", credentials: "PONTUS_CREDENTIALS" } as const;
