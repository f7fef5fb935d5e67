import type { Reach } from "../lib/reach.ts";
import { type Address, type Side, type Storage, storageFor } from "../storage/storage.ts";
import type { Client } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";

/** What judges the addresses of some schemes. */
export type AddressJudge = Pick<Storage, "schemes" | "source" | "target">;

/** What judges the addresses of callers. */
export type JudgePorts = {
  readonly storages: readonly AddressJudge[];
  /** Those for a client with this reach. */
  readonly judgesWithin: (reach: Reach) => readonly AddressJudge[];
};

/** What judges the addresses of a caller. */
export const judgesOf = (
  { storages, judgesWithin }: JudgePorts,
  { reach }: Pick<Client, "reach">,
): readonly AddressJudge[] => (reach ? judgesWithin(reach) : storages);

/** The error of a bad field in the request for a task. */
export const refuseField = (path: string, message: string): TaskError =>
  new TaskError("invalid_parameter", `Cannot create the task: ${message}`, {
    fields: [{ path, message }],
  });

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
 * @param tell - makes the error say what the address is of
 * @throws {TaskError} `input_not_supported` or `output_not_supported`, `invalid_parameter`, `access_denied`
 */
export async function judgeAddress(
  storages: readonly AddressJudge[],
  side: Side,
  url: string,
  path: string,
  tell = (error: unknown): unknown => error,
): Promise<Address> {
  try {
    return await storageFor(storages, url, side)[side](url);
  } catch (error) {
    throw at(path, tell(error));
  }
}
