import { percentDecoded } from "../../lib/percent-decoded.ts";
import { TaskError } from "../../task/errors.ts";
import {
  quoteAddress,
  refuseIllFormed,
  refuserOf,
  schemeAmong,
  shownAddress,
} from "../addresses.ts";
import { folderNameOf, segmentFolderOf, setAtPath } from "../set-names.ts";
import type { SetAddress, Side } from "../storage.ts";

/** The longest that common servers take in a request line. */
const LENGTH_MAX = 8000;

/**
 * Reads an http or https address. User info is allowed and is sent as Basic credentials; a fragment is dropped.
 *
 * What the URL standard would repair is refused if a reader, or our own masking of credentials, could take it for another
 * address: control characters, spaces, backslashes, quotes in user info or query, missing slashes.
 *
 * @throws {TaskError} `invalid_parameter`, `input_not_supported` or `output_not_supported` (another scheme)
 */
export function readHttpAddress(url: string, side: Side): URL {
  const shown = shownAddress(url);
  const refuse = refuserOf(shown);

  refuseIllFormed(url, refuse);
  schemeAmong(["http", "https"], url, side, shown);
  if (url.length > LENGTH_MAX) throw refuse(`it is longer than ${LENGTH_MAX} characters`);
  if (/\s/.test(url)) throw refuse("it holds a space: write %20");
  if (url.includes("\\")) throw refuse("it holds a backslash: write %5C");
  const parts = /^https?:\/\/([^/?#]+)([^?#]*)(\?[^#]*)?/i.exec(url);
  const parsed = URL.parse(url);
  if (!parts || !parsed) throw refuse("it is no URL with a host");
  if (/["']/.test(`${parts[1]}${parts[3] ?? ""}`))
    throw refuse("it holds a quotation mark: write %22 or %27");
  if (parsed.port === "0") throw refuse("there is no port 0");
  parsed.hash = "";
  return parsed;
}

/** Where a target is and how it is sent there. */
export type HttpTarget = { readonly address: URL; readonly method: "PUT" | "POST" };

const BY_POST = /^(https?)\+post:/i;

/**
 * The address of a target, which needs a name to be written under. `http+post://` and `https+post://` say that it is sent
 * by POST.
 *
 * @throws {TaskError} as `readHttpAddress`
 */
export function readHttpTarget(url: string): HttpTarget {
  const parsed = readHttpAddress(url.replace(BY_POST, "$1:"), "target");
  if (parsed.pathname.endsWith("/"))
    throw new TaskError(
      "invalid_parameter",
      `Cannot read the address ${quoteAddress(url)}: it names a folder`,
    );
  return { address: parsed, method: BY_POST.test(url) ? "POST" : "PUT" };
}

/** Where the files of a set go whose playlist or manifest is at an address; what that carries (user info, query) stays. */
export function httpSetPlaceOf(entry: URL): {
  /** The bare name of the folder of its segments, decoded, and the address of a file in it. */
  readonly folder: string;
  readonly inFolder: (name: string) => URL;
  readonly set: SetAddress | undefined;
} {
  const path = segmentFolderOf(entry.pathname);
  return {
    folder: percentDecoded(folderNameOf(entry.pathname)),
    inFolder: (name) => {
      const url = new URL(entry);
      url.pathname = `${path}/${encodeURIComponent(name)}`;
      return url;
    },
    set: setAddressOf(entry),
  };
}

function setAddressOf(entry: URL): SetAddress | undefined {
  const set = setAtPath(entry.pathname);
  if (!set) return undefined;
  const folder = new URL(entry);
  folder.pathname = set.folder;
  // A query does not change where segments lie.
  folder.search = "";
  return { extension: set.extension, folderKey: keyOf(folder) };
}

/** The same place always has the same key: scheme and host in lower case, no default port, no user info, query kept. */
export function keyOf(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  bare.hash = "";
  return bare.href;
}
