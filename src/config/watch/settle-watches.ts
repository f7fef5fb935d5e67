import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fixedFolderOf, type Watch } from "../../service/watching/template.ts";
import { schemeOf } from "../../storage/storage.ts";
import type { WrittenWatch } from "./watch-keys.ts";

/** The folders of the service that watches depend on, absolute. */
export type Folders = {
  readonly mediaRoots: readonly string[];
  readonly dataFolder: string;
};

const isInside = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

const overlap = (one: string, other: string): boolean =>
  isInside(one, other) || isInside(other, one);

/** Watches with their folders resolved, and why some of them cannot be used. */
export function settleWatches(
  written: readonly WrittenWatch[],
  folders: Folders,
): { readonly watches: readonly Watch[]; readonly faults: readonly string[] } {
  const watches = written.map((each) => settled(each, folders));
  const faults = watches.flatMap((watch, at) => {
    const fault = faultOf(watch, watches.slice(0, at), watches, folders);
    return fault === undefined ? [] : [`watch ${at + 1}: ${fault}`];
  });
  return { watches, faults };
}

/** A folder is relative to the first media root, as plain paths in tasks are. */
function settled(
  { folder: given, client, profile, target, depth, extensions = [] }: WrittenWatch,
  { mediaRoots: [root = sep] }: Folders,
): Watch {
  const folder = resolve(root, given);
  const below = relative(root, folder);
  // A name with a colon could be taken for a scheme where nothing stands before it.
  const isPlain = isInside(root, folder) && below !== "";
  return {
    folder,
    source: join(isPlain ? below : folder, sep),
    clientCode: client,
    ...(profile !== undefined && { profileName: profile }),
    target,
    depth,
    extensions,
  };
}

function faultOf(
  { folder, target }: Watch,
  before: readonly Watch[],
  all: readonly Watch[],
  { mediaRoots, dataFolder }: Folders,
): string | undefined {
  if (!mediaRoots.some((root) => isInside(root, folder)))
    return `folder "${folder}" is in no folder of PONTUS_MEDIA_ROOTS`;
  if (overlap(folder, dataFolder)) return `folder "${folder}" holds the data folder, or lies in it`;
  if (before.some((other) => sameTargets(other.target, target)))
    return "target is that of another watch, whose files may have the same names";
  const fixed = localFolder(target, mediaRoots[0] ?? sep);
  if (fixed === undefined) return undefined;
  if (!mediaRoots.some((root) => isInside(root, fixed)))
    return `target lies in "${fixed}", which is in no folder of PONTUS_MEDIA_ROOTS`;
  const watched = all.find((each) => overlap(each.folder, fixed));
  if (!watched) return undefined;
  const why = isInside(watched.folder, fixed) ? "that is in" : "that may be in";
  return `target lies in "${fixed}", and ${why} the watched folder "${watched.folder}": what is made would be taken for a source again`;
}

const sameTargets = (one: string, other: string): boolean =>
  one.replaceAll("{dir}/", "{dir}") === other.replaceAll("{dir}/", "{dir}");

/** The folder on this machine that all targets of a template lie below; undefined if they lie elsewhere, or nowhere that can be read. */
function localFolder(target: string, root: string): string | undefined {
  const fixed = fixedFolderOf(target);
  if (schemeOf(target) !== "file") return undefined;
  if (!/^file:/i.test(target)) return isAbsolute(fixed) ? resolve(fixed) : resolve(root, fixed);
  try {
    return resolve(fileURLToPath(fixed));
  } catch {
    // Said when its address is judged.
    return undefined;
  }
}
