import { TaskError } from "../../task/errors.ts";
import { quoteAddress, refuseIllFormed, refuserOf, schemeAmong } from "../addresses.ts";
import { folderNameOf, segmentFolderOf, setAtPath } from "../set-names.ts";
import type { SetAddress, Side } from "../storage.ts";

/** A place in an object store. */
export type S3Place = { readonly bucket: string; readonly key: string };

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const KEY_BYTES_MAX = 1024;

/**
 * Reads `s3://bucket/key`. The key is used as written, as by the AWS tools: nothing in it is decoded.
 *
 * @throws {TaskError} `invalid_parameter`, `input_not_supported` or `output_not_supported` (another scheme)
 */
export function readS3Address(url: string, side: Side): S3Place {
  const shown = url === "" ? "" : ` ${quoteAddress(url)}`;
  const refuse = refuserOf(shown);

  refuseIllFormed(url, refuse);
  schemeAmong(["s3"], url, side, shown);
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(url) ?? [];
  if (bucket.includes("@"))
    throw new TaskError(
      "invalid_parameter",
      "Cannot read the address: an s3 address holds no credentials, those of the service are used",
    );
  if (!BUCKET.test(bucket)) throw refuse("it names no bucket");
  if (key === "" || key.endsWith("/")) throw refuse("it names no object");
  if (key.split("/").some((name) => name === "." || name === ".."))
    throw refuse('a part of its key is "." or ".."');
  if (Buffer.byteLength(key) > KEY_BYTES_MAX)
    throw refuse(`its key is longer than ${KEY_BYTES_MAX} bytes`);
  return { bucket, key };
}

/** The same object always has the same key. */
export const keyOf = ({ bucket, key }: S3Place): string => `s3://${bucket}/${key}`;

/** Where the files of a set go whose playlist or manifest is at a place. */
export function s3SetPlaceOf({ bucket, key }: S3Place): {
  /** The bare name of the folder of its segments, and the place of a file in it. */
  readonly folder: string;
  readonly inFolder: (name: string) => S3Place;
  readonly set: SetAddress | undefined;
} {
  const folder = segmentFolderOf(key);
  const set = setAtPath(key);
  return {
    folder: folderNameOf(key),
    set: set && { extension: set.extension, folderKey: keyOf({ bucket, key: set.folder }) },
    inFolder: (name) => ({ bucket, key: `${folder}/${name}` }),
  };
}
