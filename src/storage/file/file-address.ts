import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { TaskError } from "../../task/errors.ts";
import {
  quoteAddress,
  type Refuse,
  refuseIllFormed,
  refuserOf,
  schemeAmong,
} from "../addresses.ts";
import type { Side } from "../storage.ts";

/** What ends the name of a file that is not whole yet; no caller may name one. */
export const PART_SUFFIX = ".pontus-part";

const FILE_URL = /^file:/i;
/** A slash, backslash or NUL behind one or more layers of percent-encoding. */
const ENCODED_SEPARATOR = /%(?:25)*(?:2f|5c|00)/i;
/** A short plain path whose names need no further checks: nearly every address is one. */
const PLAIN = /^(?:[\w-][\w.-]*\/){0,16}[\w-][\w.-]*$/;
const PLAIN_LENGTH_MAX = 255;
/** NAME_MAX and PATH_MAX of Linux, in bytes; @see https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const NAME_BYTES_MAX = 255;
const PATH_BYTES_MAX = 4095;
/** So many characters of UTF-16 always fit into that many bytes. */
const PATH_CHARACTERS_SAFE = PATH_BYTES_MAX / 3;

/** Whether a path is a folder or lies below it; both absolute and normalised. */
export const isInside = (folder: string, path: string): boolean =>
  path.startsWith(folder) &&
  (path.length === folder.length || path[folder.length] === sep || folder.endsWith(sep));

/** What plain paths begin with that lie in a folder. @param root - the real path of the folder that they are relative to */
export const prefixOf = (root: string, folder: string): string => {
  if (folder === root) return "";
  return `${isInside(root, folder) ? relative(root, folder) : folder}/`;
};

/**
 * Reads the address of a file as an absolute path, by the rules of strings alone: links are not looked at.
 *
 * A file URL is percent-decoded once; a plain path is taken as it is, relative to the first root. `..` is resolved
 * here, before any link: what is judged is what is opened. What different programs read differently is refused:
 * control characters, backslashes, encoded separators, foreign hosts, queries, spaces around.
 *
 * @param roots - absolute folders, at least one; the path given back lies below one of them
 * @throws {TaskError} `invalid_parameter`, `access_denied` (outside the roots), `input_not_supported` or
 *   `output_not_supported` (another scheme)
 */
export function readFileAddress(url: string, roots: readonly string[], side: Side): string {
  const [root = sep] = roots;
  if (url.length <= PLAIN_LENGTH_MAX && PLAIN.test(url) && !url.endsWith(PART_SUFFIX)) {
    const path = root.endsWith(sep) ? root + url : root + sep + url;
    if (!roots.includes(path) && path.length <= PATH_CHARACTERS_SAFE) return path;
  }
  return readAnyAddress(url, roots, side);
}

/** The same for every address, plain or not. */
function readAnyAddress(url: string, roots: readonly string[], side: Side): string {
  const shown = ` ${quoteAddress(url)}`;
  const refuse = refuserOf(shown);

  refuseText(url, refuse);
  schemeAmong(["file"], url, side, shown);
  const written = FILE_URL.test(url) ? pathOfFileUrl(url.slice("file:".length), refuse) : url;
  refuseText(written, refuse);

  const path = isAbsolute(written) ? resolve(written) : resolve(roots[0] ?? sep, written);
  if (!roots.some((root) => isInside(root, path))) throw outside(url);
  const names = written.split("/");
  if (["", ".", ".."].includes(names.at(-1) ?? "") || roots.includes(path))
    throw refuse("it names a folder");
  if (path.endsWith(PART_SUFFIX)) throw refuse(`names ending in "${PART_SUFFIX}" are kept for us`);
  if (names.some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX))
    throw refuse(`a name in it is longer than ${NAME_BYTES_MAX} bytes`);
  if (Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw refuse(`its path is longer than ${PATH_BYTES_MAX} bytes`);
  return path;
}

/**
 * Where a path lies, for whoever wrote its address: `"in/a.mov" below the root "media"`. The folders above a root are not told.
 *
 * @param roots - one of which it lies in
 */
export function placeBelow(roots: readonly string[], path: string): string {
  const [root = sep] = roots
    .filter((one) => isInside(one, path))
    .toSorted((a, b) => b.length - a.length);
  return `${quoteAddress(relative(root, path))} below the root ${quoteAddress(basename(root))}`;
}

/** The error of an address that leads out of the media roots; it does not reveal what is there. */
export const outside = (url: string): TaskError =>
  new TaskError(
    "access_denied",
    `Cannot use the address ${quoteAddress(url)}: it lies outside the media roots`,
  );

/** Refuses what no path may hold: looked for in the address as written and again once it is decoded. */
function refuseText(text: string, refuse: Refuse): void {
  refuseIllFormed(text, refuse);
  if (text.trim() !== text) throw refuse("it begins or ends with a space");
  if (text.includes("\\")) throw refuse("it holds a backslash");
  if (ENCODED_SEPARATOR.test(text)) throw refuse("it holds an encoded separator");
}

/** The decoded path of what follows `file:`; @see https://www.rfc-editor.org/rfc/rfc8089#appendix-A for the forms. */
function pathOfFileUrl(rest: string, refuse: Refuse): string {
  if (/[?#]/.test(rest))
    throw refuse('a file URL has no query or fragment: write "?" as %3F, "#" as %23');
  const authority = /^\/\/([^/]*)/.exec(rest)?.[1];
  if (authority && authority.toLowerCase() !== "localhost")
    throw refuse("its host is not this machine");
  const encoded = authority === undefined ? rest : rest.slice(2 + authority.length);
  if (!encoded.startsWith("/")) throw refuse("a file URL needs an absolute path");
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw refuse("its percent-encoding is not UTF-8");
  }
}
