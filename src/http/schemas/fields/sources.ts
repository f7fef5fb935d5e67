import { z } from "@hono/zod-openapi";

/** Each is an input of one run of ffmpeg. */
const SOURCES_MAX = 32;

/** One of the sources that a task joins. @param fields - its address and its clip */
export const sourcesOf = <Address extends z.ZodType, Clip extends z.ZodType>(fields: {
  readonly source_url: Address;
  readonly clip: Clip;
}) =>
  z
    .array(z.object({ ...fields, clip: fields.clip.optional() }).openapi("NewSourcePart"))
    .min(2)
    .max(SOURCES_MAX)
    .optional()
    .openapi({
      description:
        "Sources to be joined one after the other, each as a whole or as a part; in the place of `source` and `clip`.",
    });

type Given = { readonly source?: unknown; readonly sources?: unknown; readonly clip?: unknown };

/** What `source`, `sources` and `clip` must not be together. Missing sources are told beside whatever else is wrong. */
export const withSources = <Body extends z.ZodType<Given>>(body: Body): Body =>
  body
    .refine(({ source, sources }) => source !== undefined || sources !== undefined, {
      path: ["source"],
      error: "Invalid input: expected object, received undefined",
      params: { zh: "无效输入：期望 object，实际接收 undefined" },
      when: ({ value }) => isGiven(value),
    })
    .refine(({ source, sources }) => source === undefined || sources === undefined, {
      path: ["sources"],
      error: "Invalid input: a task has either source or sources",
      params: { zh: "无效输入：source和sources只能给出一个" },
    })
    .refine(({ sources, clip }) => sources === undefined || clip === undefined, {
      path: ["clip"],
      error: "Invalid input: each of the sources has a clip of its own",
      params: { zh: "无效输入：每个来源有自己的clip" },
    });

const isGiven = (value: unknown): boolean => typeof value === "object" && value !== null;

/** One of the sources of a task, as it is answered. */
export const answeredSourcesOf = <Clip extends z.ZodType>(clip: Clip) =>
  z
    .array(z.object({ source_url: z.string(), clip: clip.optional() }).openapi("SourcePart"))
    .optional()
    .openapi({ description: "Of a task that joins several; the first is also in `source`." });
