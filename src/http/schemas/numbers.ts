import { z } from "@hono/zod-openapi";

const NUMERIC = /^\d{1,15}(?:\.\d{1,9})?$/;

/** A number, also as text: the Profile API takes both and answers with numbers. */
export const numeric = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) => (typeof value === "string" && NUMERIC.test(value) ? Number(value) : value),
    schema,
  );

/** True or false, also as text. */
export const Switch = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean(),
);

/** One of some numbers, all of them described: by itself, the generator describes the first alone. */
export const oneOf = <const T extends readonly number[]>(values: T) =>
  z.literal(values).openapi({ type: "integer", enum: [...values] });
