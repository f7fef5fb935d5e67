import type { At, ListingVerbs, RemoteTarget } from "../remote/remote-target.ts";
import { keyOf, readS3Address, type S3Place, s3SetPlaceOf } from "./s3-address.ts";
import { elementOf, elementsOf, keyIn } from "./s3-answers.ts";
import { type S3Client, S3Refusal } from "./s3-client.ts";
import { s3TargetFailure } from "./s3-errors.ts";
import { headersOf, s3Parts, sendBody } from "./s3-parts.ts";

/**
 * The target at an address.
 *
 * The signature of a request does not cover the bytes: TLS guards them on their way, and to digest them would take as much
 * of a core as to send them (measured: 1.2 GB/s).
 *
 * @throws {TaskError} as `readS3Address`
 */
export function s3Target(client: S3Client, shown: string): RemoteTarget {
  const place = readS3Address(shown, "target");
  const { folder, inFolder, set } = s3SetPlaceOf(place);
  const placeOf = (at: At) => (at === undefined ? place : inFolder(at));
  return {
    shown,
    key: keyOf(place),
    folder,
    ...(set && { set }),
    put: async (file, at, { tag, signal }) => {
      const request = { ...placeOf(at), headers: headersOf(file.name, tag), signal };
      (await sendBody(client, request, file, shown)).close();
    },
    remove: async (at, signal) => {
      const gone = client.tell({ method: "DELETE", ...placeOf(at), signal });
      // Some stores say of what is not there that it is not.
      await gone.catch((error: unknown) => {
        if (!(error instanceof S3Refusal && error.status === 404)) throw error;
      });
    },
    failure: (error) => s3TargetFailure(error, shown),
    parts: s3Parts(client, placeOf, shown),
    listing: s3Listing(client, inFolder, placeOf),
  };
}

const s3Listing = (
  client: S3Client,
  inFolder: (name: string) => S3Place,
  placeOf: (at: At) => S3Place,
): ListingVerbs => ({
  list: async function* (start, signal) {
    const { bucket, key: prefix } = inFolder(start);
    for await (const key of keysOf(client, bucket, prefix, signal))
      yield key.slice(prefix.length - start.length);
  },
  read: (at, signal) =>
    client.read({ method: "GET", ...placeOf(at), signal }).catch((error: unknown) => {
      if (error instanceof S3Refusal && error.status === 404) return "";
      throw error;
    }),
});

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
