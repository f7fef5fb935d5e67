import { inBatches } from "../../lib/batches.ts";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { segmentFolderOf, tagOfSegment, tagsIn } from "../set-names.ts";
import type { S3Place } from "./s3-address.ts";
import { elementOf, elementsOf, keyIn } from "./s3-answers.ts";
import type { S3Client } from "./s3-client.ts";

/** Objects removed at once: enough to hide the answers' travel. */
const REMOVED_AT_ONCE = 4;
/** How long what is left behind is tried to be taken away when a set has failed, or was stopped. */
const REMOVE_TIMEOUT_MS = 10_000;

/** Removes what an attempt has written of a set whose entry is at a place. Never rejects. */
export async function removeUnfinished(
  client: S3Client,
  { bucket, key }: S3Place,
  tag: string,
): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
  const folder = segmentFolderOf(key);
  await removeSegments(client, { bucket, folder }, (name) => tagOfSegment(name) === tag, signal);
}

/**
 * Removes what a set that now stands has replaced: what cannot be removed is no failure. Never rejects.
 *
 * @param isKept - whether a file in the folder is of the set that stands
 */
export async function removeReplaced(
  client: S3Client,
  { bucket, key }: S3Place,
  isKept: (name: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const folder = segmentFolderOf(key);
  await removeSegments(client, { bucket, folder }, (name) => !isKept(name), signal);
  for (const fixed of FIXED_NAMES)
    if (!isKept(fixed)) await removeOurs(client, { bucket, key: `${folder}/${fixed}` }, signal);
}

/** Removes a file that a set of ours before had and this one has not. */
async function removeOurs(client: S3Client, place: S3Place, signal: AbortSignal): Promise<void> {
  try {
    const text = await client.read({ method: "GET", ...place, signal });
    if (tagsIn(text).size > 0) await client.tell({ method: "DELETE", ...place, signal });
  } catch {
    // It is not there, or cannot be removed.
  }
}

/** Removes those of our segments in a folder that are meant; what cannot be removed stays. */
async function removeSegments(
  client: S3Client,
  { bucket, folder }: { readonly bucket: string; readonly folder: string },
  isMeant: (name: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const keys: string[] = [];
  try {
    for await (const key of keysOf(client, bucket, `${folder}/pontus.`, signal)) {
      const name = key.slice(folder.length + 1);
      if (tagOfSegment(name) !== undefined && isMeant(name)) keys.push(key);
    }
  } catch {
    // What was listed so far is removed all the same.
  }
  await inBatches(keys, REMOVED_AT_ONCE, async (key) => {
    await client.tell({ method: "DELETE", bucket, key, signal }).catch(() => {});
  });
}

async function* keysOf(
  client: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncIterable<string> {
  let more: Record<string, string> = {};
  do {
    const query = { "list-type": "2", prefix, "encoding-type": "url", ...more };
    const page = await client.read({ method: "GET", bucket, query, signal });
    for (const object of elementsOf(page, "Contents")) yield keyIn(object);
    const token = elementOf(page, "NextContinuationToken");
    more = token === undefined ? {} : { "continuation-token": token };
  } while ("continuation-token" in more);
}
