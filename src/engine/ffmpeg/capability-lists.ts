import type { Capabilities } from "../../plan/plan.ts";

/** The questions to every ffmpeg, in this order; one of several arguments is separated by spaces. */
export const QUESTIONS = [
  "-version",
  "-encoders",
  "-muxers",
  "-filters",
  "-protocols",
  "-h long",
] as const;

/**
 * The question about the one encoder whose builds differ in how many bits they take, and in whether they write captions. An ffmpeg that
 * lacks the encoder answers that, too.
 */
export const DEPTH_QUESTION = "-h encoder=libx265";

/** In all its builds, it takes 10 bits. */
const DEEP_ENCODER = "libsvtav1";

/** The encoders that take 10 bits. @param told - the answer to `DEPTH_QUESTION` */
const deepIn = (encoders: readonly string[], told: string): string[] =>
  encoders.filter((name) =>
    name === "libx265" ? /\byuv420p10le\b/.test(told) : name === DEEP_ENCODER,
  );

/** The answers to `QUESTIONS`, and to `DEPTH_QUESTION` unless it is not asked. */
export type Answers = Readonly<
  Record<"version" | "encoders" | "muxers" | "filters" | "protocols" | "options", string>
> & { readonly depth?: string };

/** The names in one of ffmpeg's lists: lines of ` FLAGS name,alias  what it is`. */
const namesIn = (list: string): string[] =>
  list
    .split("\n")
    .map((line) => /^ ([A-Z.| ]{1,6}) ([\w,-]+) /.exec(line)?.[2] ?? "")
    .filter((names) => names !== "")
    .flatMap((names) => names.split(","));

/** The protocols that are listed under both `Input:` and `Output:`. */
function protocolsIn(list: string): string[] {
  const [input = "", output = ""] = list.split(/^Output:$/m);
  const names = (text: string) => text.match(/^ {2}\w+$/gm)?.map((line) => line.trim()) ?? [];
  const written = new Set(names(output));
  return names(input).filter((name) => written.has(name));
}

/** The option names in its help: lines of `-name <value>  what it does`, or `-name[:<which>]`. */
const optionsIn = (help: string): string[] =>
  [...help.matchAll(/^-(\w+)/gm)].flatMap(([, name]) => name ?? []);

/** What an ffmpeg can do, by its answers; undefined if they do not come from ffmpeg. */
export function parseCapabilities({
  version,
  encoders,
  muxers,
  filters,
  protocols,
  options,
  depth = "",
}: Answers): Omit<Capabilities, "engine" | "threads"> | undefined {
  const number = /^ffmpeg version (\S+)/.exec(version)?.[1];
  return number === undefined
    ? undefined
    : {
        version: number,
        encoders: namesIn(encoders),
        muxers: namesIn(muxers),
        filters: namesIn(filters),
        protocols: protocolsIn(protocols),
        options: optionsIn(options),
        deepEncoders: deepIn(namesIn(encoders), depth),
        captionEncoders: /^ *-a53cc /m.test(depth) ? ["libx265"] : [],
      };
}
