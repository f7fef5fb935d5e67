import { z } from "@hono/zod-openapi";
import { invalidFields } from "../invalid-fields.ts";
import type { Language } from "../language.ts";

/** The most bad fields that an answer lists, so that it stays readable. */
const DETAILS_MAX = 32;

const chinese = z.locales.zhCN().localeError;

/** `["targets", 0, "target_url"]` → `targets[0].target_url`; the body itself is `body`. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "") || "body";

function messageOf(issue: z.core.$ZodIssue, language: Language): string {
  const own: unknown = issue.code === "custom" ? issue.params?.["zh"] : undefined;
  return language === "zh" && typeof own === "string" ? own : issue.message;
}

/** The message about a text with half a character (a lone surrogate), in both languages. */
export const NOT_UNICODE = {
  error: "Invalid text: it is not Unicode",
  params: { zh: "无效文本：不是合法的Unicode" },
};

/** Longer addresses are refused: far beyond what any server or file system takes. */
const URL_CHARACTERS_MAX = 8192;
const CONTROL = /\p{Cc}/u;

/** An address of a source, of a target, or of what is read beside a source. */
export const Address = z
  .string()
  .min(1)
  .max(URL_CHARACTERS_MAX)
  .refine((url) => !CONTROL.test(url), {
    error: "Invalid address: it holds control characters",
    params: { zh: "无效地址：包含控制字符" },
  })
  .refine((url) => url.isWellFormed(), NOT_UNICODE);

/**
 * Checks a part of a request against its schema.
 *
 * @returns the parsed value
 * @throws {TaskError} `invalid_parameter`, with every bad field in the caller's language
 */
export function parseFields<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  language: Language,
): z.output<Schema> {
  const result = schema.safeParse(value, language === "zh" ? { error: chinese } : undefined);
  if (result.success) return result.data;
  throw invalidFields(
    result.error.issues.slice(0, DETAILS_MAX).map((issue) => ({
      path: pathOf(issue.path),
      message: messageOf(issue, language),
    })),
  );
}
