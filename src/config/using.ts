import { TaskError } from "../task/errors.ts";
import { ConfigError } from "./config.ts";
import { KEYS } from "./keys.ts";

/** Why the system, SQLite or an adapter refused; undefined for a bug, which has no code. */
function refusalOf(error: unknown): string | undefined {
  const isRefusal = error instanceof TaskError || (error instanceof Error && "code" in error);
  return isRefusal ? error.message : undefined;
}

/**
 * Runs a step of the start that depends on a key. If it is refused, the error names the key, its value and what is allowed.
 *
 * @throws {ConfigError} if it is refused; any other error as it is
 */
export async function using<T>(
  field: keyof typeof KEYS,
  value: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const why = refusalOf(error);
    if (why === undefined || error instanceof ConfigError) throw error;
    const { env, allowed } = KEYS[field];
    const shown = JSON.stringify(value);
    throw new ConfigError([`Cannot use ${env} ${shown}: ${why}; allowed is ${allowed}`]);
  }
}
