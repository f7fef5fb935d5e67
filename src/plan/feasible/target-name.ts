import type { Warning } from "../../task/warnings.ts";
import { formOf, type Written } from "../containers.ts";
import type { Product } from "../plan.ts";

/** The containers that an extension promises, where these are not those that are written with it. */
const PROMISES: Readonly<Record<string, readonly Written[]>> = {
  m4v: ["mp4"],
  m4s: ["mp4"],
  m2ts: ["mpegts"],
  mts: ["mpegts"],
  mpg: [],
  mpeg: [],
  avi: [],
  wmv: [],
  mka: ["mkv"],
  aac: [],
  wav: [],
  flac: [],
  oga: ["ogg"],
  ogv: ["ogg"],
  opus: ["ogg"],
  m4b: ["m4a"],
  jpeg: ["jpg"],
  png: [],
  gif: ["gif"],
};

const CONTAINERS: readonly Written[] = [
  ...(["mp4", "mov", "mkv", "webm", "flv", "mpegts", "m3u8", "dash"] as const),
  ...(["cmaf", "jpg", "mp3", "m4a", "ogg"] as const),
];

/** What follows the last dot of the last part of an address's path, in lower case. */
function extensionOf(url: string): string | undefined {
  const [path = ""] = url.split(/[?#]/, 1);
  return /\.([a-z0-9]+)$/i.exec(path.slice(path.lastIndexOf("/") + 1))?.[1]?.toLowerCase();
}

/** The containers that files of an extension are, as people expect; nothing for an extension that says nothing of media. */
function promisedBy(extension: string): readonly Written[] | undefined {
  const written = CONTAINERS.filter((container) => formOf(container)?.extension === extension);
  return PROMISES[extension] ?? (written.length > 0 ? written : undefined);
}

/**
 * Tells of targets whose names end in the extension of another container than the one they get. The profile decides what is
 * written; but players and servers go by the name.
 *
 * @param urls - of all the task's targets, by their place
 */
export function nameWarnings(
  products: readonly Pick<Product, "container" | "targets">[],
  urls: readonly string[],
): readonly Warning[] {
  return products.flatMap(({ container, targets }) =>
    targets.flatMap((index): readonly Warning[] => {
      const extension = extensionOf(urls[index] ?? "");
      const promised = extension === undefined ? undefined : promisedBy(extension);
      if (!promised || promised.includes(container)) return [];
      const message = `The name of target ${index} ends in ".${extension}", and what is written there is "${container}", as the profile says`;
      return [{ code: "target_name", message }];
    }),
  );
}
