import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Output } from "../../task/task.ts";
import type { ResultFile } from "./result-files.ts";

/** What a kept result is: no address, no name of a client or a task. */
export type About = {
  /** The file, or the playlist of a set, by its bare name. */
  readonly entry: string;
  /** Of a set: the folder of its segments, by its bare name. */
  readonly segments?: string;
  readonly files: readonly ResultFile[];
  readonly output: Output;
  /** Of a set whose pictures may be used again singly: the key of each, none of a copy. */
  readonly videos?: readonly (string | null)[];
};

const NAME = "about.json";

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const bare = v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\p{Cc}]{1,255}$/u));
const relative = v.pipe(
  v.string(),
  v.regex(/^(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}$)[^/\p{Cc}]+)?$/u),
);
const aboutSchema = v.object({
  entry: bare,
  segments: v.optional(bare),
  files: v.pipe(
    v.array(v.object({ name: relative, sizeBytes: whole, sha256: v.string() })),
    v.minLength(1),
  ),
  // The service itself wrote it, and a digest says that it is as it was.
  output: v.looseObject({ sizeBytes: whole, container: v.string() }),
  videos: v.optional(v.array(v.nullable(v.string()))),
});

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Writes down what lies in a folder. */
export async function writeAbout(folder: string, about: About): Promise<void> {
  const text = JSON.stringify(about);
  await writeFile(join(folder, NAME), `${digest(text)}\n${text}`);
}

/** What lies in a folder; undefined if that is not said, or not as it was written. */
export async function readAbout(folder: string): Promise<About | undefined> {
  try {
    const [sum, text = ""] = (await readFile(join(folder, NAME), "utf8")).split("\n", 2);
    if (digest(text) !== sum) return undefined;
    const { segments, output, videos, ...rest } = v.parse(aboutSchema, JSON.parse(text));
    return {
      ...rest,
      ...(segments !== undefined && { segments }),
      ...(videos && { videos }),
      output: output as Output,
    };
  } catch {
    return undefined;
  }
}
