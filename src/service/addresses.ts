import { type Address, type Storage, schemeOf, storageFor } from "../storage/storage.ts";
import { TaskError } from "../task/errors.ts";

/** What judges the addresses of some schemes. */
export type AddressJudge = Pick<Storage, "schemes" | "source" | "target">;

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
  storages: readonly AddressJudge[],
  url: string,
  path: string,
): Promise<Address> {
  const storage = storageFor(storages, url);
  try {
    if (storage) return await storage.source(url);
    const message = `Cannot read the source: addresses of the scheme "${schemeOf(url)}" are not supported here`;
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
  storages: readonly AddressJudge[],
  url: string,
  path: string,
): Promise<Address> {
  const storage = storageFor(storages, url);
  try {
    if (storage) return await storage.target(url);
    const message = `Cannot write the target: addresses of the scheme "${schemeOf(url)}" are not supported here`;
    throw new TaskError("output_not_supported", message);
  } catch (error) {
    throw at(path, error);
  }
}
