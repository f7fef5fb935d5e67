import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Environment } from "../../config/config.ts";
import { CALLER_KEYS } from "../../config/key.ts";
import { KEYS } from "../../config/keys.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { CliError, EXIT } from "../exit.ts";

/** Who calls, as `credentials.json` has it. */
export type Credentials = {
  readonly client_code: string;
  readonly public_key: string;
  readonly private_key: string;
};

const schema = v.object({
  client_code: v.string(),
  public_key: v.string(),
  private_key: v.string(),
});
const schemas = v.union([schema, v.pipe(v.tupleWithRest([schema], v.unknown()))]);

/**
 * The keys of a caller: those that the flag names, else the environment, else those in the service's data folder.
 *
 * @param flag - the path of a file, or its JSON text
 * @throws {CliError} that says where was looked, and never what stands there
 */
export function findCredentials(flag: string | undefined, env: Environment): Credentials {
  const key = CALLER_KEYS.credentials;
  if (flag) return read(flag, "--credentials");
  if (env[key]) return read(env[key], key);
  const folder = env[KEYS.dataFolder.env] || KEYS.dataFolder.fallback;
  return read(join(folder, "credentials.json"), `--credentials and ${key}`);
}

function read(given: string, from: string): Credentials {
  const isJson = /^\s*[[{]/.test(given);
  const where = isJson ? from : JSON.stringify(given);
  const text = isJson ? given : textOf(given, from);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CliError(EXIT.usage, `Cannot use the credentials of ${where}: they are not JSON`);
  }
  const result = v.safeParse(schemas, parsed);
  if (!result.success)
    throw new CliError(
      EXIT.usage,
      `Cannot use the credentials of ${where}: they need client_code, public_key and private_key`,
    );
  return "length" in result.output ? result.output[0] : result.output;
}

function textOf(path: string, from: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "");
    const why = isMissing ? "there is no such file" : (error as Error).message;
    const hint = from.includes(" and ")
      ? `; name another by ${from.replace(" and ", " or ")}, or start the service in this folder, which makes it`
      : "";
    throw new CliError(
      EXIT.usage,
      `Cannot read the credentials ${JSON.stringify(path)}: ${why}${hint}`,
    );
  }
}

/** The address of the service: the flag's, else the environment's, else that of a service that is started with this environment. */
export function findService(flag: string | undefined, env: Environment): string {
  const given = flag || env[CALLER_KEYS.url];
  if (given) {
    const url = URL.parse(given);
    if (!url || !/^https?:$/.test(url.protocol))
      throw new CliError(
        EXIT.usage,
        `Cannot call ${JSON.stringify(given)}: it is no http: or https: address`,
      );
    return url.href.replace(/\/+$/, "");
  }
  const host = env[KEYS.host.env] || KEYS.host.fallback;
  const port = env[KEYS.port.env] || env["PORT"] || KEYS.port.fallback;
  // A service that listens everywhere is called on this machine.
  const named = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${named.includes(":") ? `[${named}]` : named}:${port}`;
}
