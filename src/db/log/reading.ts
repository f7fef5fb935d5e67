import { BUSY_MS_MAX, onceFree } from "../busy.ts";
import { isBusy, translateSqliteError } from "../sqlite-errors.ts";
import type { LogSync } from "./log-sync.ts";

/** What runs queries once all that they can find is on disk, and answers once what another process committed is, too. */
export function reading(
  commits: { readonly syncing: Promise<void> | undefined },
  log: LogSync | undefined,
  limitMs = BUSY_MS_MAX,
): <T>(queries: () => T) => Promise<T> {
  const untilSynced = async (): Promise<void> => {
    while (commits.syncing) await commits.syncing;
    if (log?.isInDoubt) await log.sync();
  };
  const run = <T>(queries: () => T): T | Promise<T> => {
    try {
      return queries();
    } catch (error) {
      if (!isBusy(error)) throw translateSqliteError(error);
    }
    // By then there may be another commit.
    const again = () => untilSynced().then(queries);
    return onceFree(again, { limitMs }).catch((error: unknown) => {
      throw translateSqliteError(error);
    });
  };
  return async (queries) => {
    await untilSynced();
    const found = run(queries);
    const value = found instanceof Promise ? await found : found;
    const covered = log && run(log.covering);
    if (covered) await covered;
    return value;
  };
}
