import type { Address, Storage } from "../storage/storage.ts";
import { TaskError } from "../task/errors.ts";

/** `mailto:x`, `file:/a`, `C:\a`: what stands before the first colon decides who reads it, as in RFC 3986. */
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** The scheme of an address, in lower case; a plain path is a file's. */
const schemeOf = (url: string): string => SCHEME.exec(url)?.[1]?.toLowerCase() ?? "file";

/** The same error, telling which field of the request it is about. */
const at = (path: string, error: unknown): unknown =>
  error instanceof TaskError && error.fields.length === 0
    ? new TaskError(error.code, error.message, {
        cause: error,
        fields: [{ path, message: error.message }],
      })
    : error;

/**
 * Judges the address of a source by the storage of its scheme.
 *
 * @param path - the field it came from, for the error
 * @throws {TaskError} `input_not_supported`, `invalid_parameter`, `access_denied`
 */
export async function judgeSource(
  storages: readonly Storage[],
  url: string,
  path: string,
): Promise<Address> {
  const scheme = schemeOf(url);
  const storage = storages.find(({ schemes }) => schemes.includes(scheme));
  try {
    if (storage) return await storage.source(url);
    const message = `Cannot read the source: addresses of the scheme "${scheme}" are not supported here`;
    throw new TaskError("input_not_supported", message);
  } catch (error) {
    throw at(path, error);
  }
}

/**
 * Judges the address of a target by the storage of its scheme.
 *
 * @param path - the field it came from, for the error
 * @throws {TaskError} `output_not_supported`, `invalid_parameter`, `access_denied`
 */
export async function judgeTarget(
  storages: readonly Storage[],
  url: string,
  path: string,
): Promise<Address> {
  const scheme = schemeOf(url);
  const storage = storages.find(({ schemes }) => schemes.includes(scheme));
  try {
    if (storage) return await storage.target(url);
    const message = `Cannot write the target: addresses of the scheme "${scheme}" are not supported here`;
    throw new TaskError("output_not_supported", message);
  } catch (error) {
    throw at(path, error);
  }
}
