import { type Address, type Storage, storageFor } from "../storage/storage.ts";
import { TaskError } from "../task/errors.ts";

/** What judges the addresses of some schemes. */
export type AddressJudge = Pick<Storage, "schemes" | "source" | "target">;

/** The same error with the field of the request that it is about. */
const at = (path: string, error: unknown): unknown =>
  error instanceof TaskError && error.fields.length === 0
    ? new TaskError(error.code, error.message, {
        cause: error,
        fields: [{ path, message: error.message }],
      })
    : error;

/**
 * Judges an address by the storage of its scheme.
 *
 * @param path - the field it came from, for the error
 * @throws {TaskError} `input_not_supported` or `output_not_supported`, `invalid_parameter`, `access_denied`
 */
export async function judgeAddress(
  storages: readonly AddressJudge[],
  side: "source" | "target",
  url: string,
  path: string,
): Promise<Address> {
  try {
    return await storageFor(storages, url, side)[side](url);
  } catch (error) {
    throw at(path, error);
  }
}
