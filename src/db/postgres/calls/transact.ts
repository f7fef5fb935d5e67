import type pg from "pg";
import { TaskError } from "../../../task/errors.ts";
import { isLost } from "../errors.ts";

/** A commit of which it is not known whether it was made: it must not be tried again. */
class CommitLost extends TaskError {
  constructor(cause: unknown) {
    super(
      "service_unavailable",
      "Cannot tell whether it was written: the connection to the database broke",
      { cause },
    );
  }
}

/** Runs statements on a connection, all or nothing. */
export async function transact<T>(client: pg.PoolClient, statements: () => Promise<T>): Promise<T> {
  await client.query("begin");
  let value: T;
  try {
    value = await statements();
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
  const { command } = await client.query("commit").catch((error: unknown) => {
    throw isLost(error) ? new CommitLost(error) : error;
  });
  // What a server says where a statement failed: it has undone all, and that is no error to it.
  if (command !== "COMMIT")
    throw new Error("Cannot commit: the error of one of its statements was passed over");
  return value;
}

/** Uses a connection of a pool, which drops it if it breaks meanwhile. */
export async function onConnection<T>(
  pool: pg.Pool,
  use: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on("error", onError);
  try {
    return await use(client);
  } catch (error) {
    // Whatever is left of its transaction ends with it.
    if (isLost(error) || error instanceof CommitLost) broken ??= error as Error;
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}
