import type { RemoteSource } from "../remote/remote-source.ts";
import { type RemoteLimits, RemoteStorage } from "../remote/remote-storage.ts";
import { keyOf, readS3Address } from "./s3-address.ts";
import { refusalOf, type S3Access, S3Client } from "./s3-client.ts";
import { s3SourceFailure } from "./s3-errors.ts";
import { s3Target } from "./s3-target.ts";

/** Which object store, and how long it is waited for. */
export type S3StorageOptions = RemoteLimits & { readonly access: S3Access };

/**
 * Objects of one S3 store: a source is fetched into scratch, a target is written in parts and appears whole.
 *
 * A set's segments are objects below the playlist's name; those of the set it replaces are removed after it. To check whether a
 * target may be written, an upload is begun and aborted, which nobody sees.
 */
export class S3Storage extends RemoteStorage {
  constructor({ access, idleTimeoutMs, trusted, retries, transfer }: S3StorageOptions) {
    const client = new S3Client(access, { idleTimeoutMs, trusted });
    const protocol = {
      schemes: ["s3"],
      source: (url: string) => s3Source(client, url),
      target: (url: string) => s3Target(client, url),
    };
    super(protocol, { retries, transfer });
  }
}

function s3Source(client: S3Client, shown: string): RemoteSource {
  const place = readS3Address(shown, "source");
  return {
    shown,
    key: keyOf(place),
    path: place.key,
    get: (headers, signal) => client.send({ method: "GET", ...place, headers, signal }),
    sameHeader: "if-match",
    // Without its type, which was chosen by whoever put the object there.
    foundIn: () => ({ foundAt: shown }),
    refusal: async (answer) => s3SourceFailure(await refusalOf(answer), shown),
    failure: (error) => s3SourceFailure(error, shown),
  };
}
