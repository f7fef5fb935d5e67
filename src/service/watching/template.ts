import { createHash } from "node:crypto";
import { schemeOf } from "../../storage/storage.ts";

/** A folder whose files become tasks by themselves. */
export type Watch = {
  /** Absolute. */
  readonly folder: string;
  /** What the addresses of its files begin with: a path relative to the first media root, or an absolute one; ends with a slash. */
  readonly source: string;
  /** In whose name the tasks are made. */
  readonly clientCode: string;
  /** The profile of the tasks; if absent, the service's default one. */
  readonly profileName?: string;
  /** Where outputs go, with tokens in braces. */
  readonly target: string;
  /** How many folders deep files are looked for; 0 is the folder alone. */
  readonly depth: number;
  /** The extensions of files that are taken, in lower case and without the dot; none is all. */
  readonly extensions: readonly string[];
};

/** What a token in braces stands for. */
export type Found = {
  /** Of the file, relative to the folder, with `/` between names. */
  readonly path: string;
  /** Which file of that name it is, as `WatchedFile.version` says. */
  readonly version: string;
  /** When it was found, ms since the epoch. */
  readonly nowMs: number;
};

/** The tokens, in the order in which they are told. */
const TOKENS = ["{name}", "{dir}", "{ext}", "{date}", "{version}"] as const;
type Token = (typeof TOKENS)[number];

const BRACES = /\{[^{}]*\}?|\}/g;
/** A slash behind it belongs to it: it ends with one, or is empty. */
const DIR = /\{dir\}\/?/g;

const isToken = (text: string): text is Token => TOKENS.some((token) => token === text);

/** Why targets cannot be made by a template; undefined if they can. @param depth - of the watch */
export function templateFault(template: string, depth: number): string | undefined {
  const unknown = (template.match(BRACES) ?? []).find((text) => !isToken(text));
  if (unknown !== undefined)
    return `target holds ${unknown}, and what there is are ${TOKENS.join(", ")}`;
  if (template.includes("{version}")) return undefined;
  if (!template.includes("{name}"))
    return "target lacks {name} (or {version}), without which all files have the same";
  if (depth > 0 && !template.includes("{dir}"))
    return "target lacks {dir} (or {version}, or depth=0): files of one name in two folders have the same";
  return undefined;
}

/** The address up to the last slash before the first token: all targets lie below it. */
export function fixedFolderOf(template: string): string {
  const fixed = template.slice(0, template.indexOf("{"));
  return fixed.slice(0, fixed.lastIndexOf("/") + 1);
}

/** Names as they stand in an address: those of S3 and plain paths are taken as they are, others are decoded. */
const encoderOf = (template: string): ((name: string) => string) =>
  schemeOf(template) === "s3" || !/^[a-z][a-z0-9+.-]*:/i.test(template)
    ? (name) => name
    : encodeURIComponent;

/** The target of a file. */
export function targetOf({ target, folder }: Watch, { path, version, nowMs }: Found): string {
  const encode = encoderOf(target);
  const names = path.split("/");
  const file = names.pop() ?? "";
  const dot = file.lastIndexOf(".");
  const [name, ext] = dot > 0 ? [file.slice(0, dot), file.slice(dot + 1)] : [file, ""];
  const values: Readonly<Record<Token, string>> = {
    "{name}": encode(name),
    "{dir}": names.map((each) => `${encode(each)}/`).join(""),
    "{ext}": encode(ext),
    "{date}": new Date(nowMs).toISOString().slice(0, "2026-11-30".length),
    "{version}": digestOf(`${folder}\n${path}\n${version}`),
  };
  return target
    .replace(DIR, "{dir}")
    .replace(BRACES, (text) => (isToken(text) ? values[text] : text));
}

/** As many digits as no two of a million files are likely to share. */
const DIGITS = 12;

const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, DIGITS);

/** What a watch is known by in the store: where one of these is another, it is another watch, and takes all files of its folder. */
export const watchKey = ({ clientCode, folder, target }: Watch): string =>
  [clientCode, folder, target].join("\n");
